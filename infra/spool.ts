import { isPermanent } from "./stage.ts"

const NFS_PORT = 2049
/** The image's user, who alone has access to the spool. */
const uid = 1000
const gid = 1000

type Options = { vpcId: string; subnets: string[]; collectorGroup: $util.Input<string> }

/**
 * A disk that outlives the task: messages spooled while SQS is unreachable are sent by the next
 * task.
 */
export const makeSpool = ({ vpcId, subnets, collectorGroup }: Options) => {
  const fileSystem = new aws.efs.FileSystem(
    "CollectorSpool",
    { encrypted: true },
    { retainOnDelete: isPermanent($app.stage) },
  )
  const group = new aws.ec2.SecurityGroup("CollectorSpoolGroup", {
    vpcId,
    description: "The collector's spool: NFS from the collector alone",
    ingress: [
      {
        protocol: "tcp",
        fromPort: NFS_PORT,
        toPort: NFS_PORT,
        securityGroups: [collectorGroup],
      },
    ],
  })
  const mounts = subnets.map(
    (subnetId) =>
      new aws.efs.MountTarget(`CollectorSpoolMount-${subnetId}`, {
        fileSystemId: fileSystem.id,
        subnetId,
        securityGroups: [group.id],
      }),
  )
  const accessPoint = new aws.efs.AccessPoint("CollectorSpoolAccess", {
    fileSystemId: fileSystem.id,
    posixUser: { uid, gid },
    rootDirectory: {
      path: "/spool",
      creationInfo: { ownerUid: uid, ownerGid: gid, permissions: "0700" },
    },
  })
  return { fileSystem, accessPoint, mounts, user: `${uid}:${gid}` }
}
