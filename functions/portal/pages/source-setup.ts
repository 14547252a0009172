import { randomBytes } from "node:crypto"
import { html } from "hono/html"
import { copyable, type Html } from "../html.ts"

export type Setup = {
  /** Undefined after it was shown once: only its hash is stored. */
  token: string | undefined
  ingestUrl: string
  origin: string
}

const TOKEN_PLACE = "rbs_… (shown when the PBX was added, or by Rotate)"

/** Steps to connect a PBX: its AMI user, then its collector, with the values filled in. */
export function setupHtml({ token, ingestUrl, origin }: Setup, after: Html): Html {
  // A suggestion that is not stored. Both steps show the same one.
  const amiSecret = token === undefined ? "…" : randomBytes(18).toString("base64url")
  return html`<ol class="steps">
    ${
      token === undefined
        ? ""
        : html`<li>
            <h2>Save the token</h2>
            <p class="dim">
              A collector identifies its PBX with this token. Anyone who has it can send events as
              this PBX.
            </p>
            ${copyable(token, "Token", true)}
          </li>`
    }
    <li>
      <h2>Allow the collector to log in to Asterisk</h2>
      <p class="dim">
        Add this to <code>manager.conf</code>, then run <code>manager reload</code> on Asterisk's
        console. Replace <code>COLLECTOR_ADDRESS</code>.
      </p>
      ${copyable(managerConf(amiSecret), "manager.conf")}
    </li>
    <li>
      <h2>Run the collector</h2>
      <p class="dim">
        Run this on a machine near the PBX, in a checkout of Ringback. Replace
        <code>PBX_HOST</code>.
      </p>
      ${copyable(command(token ?? TOKEN_PLACE, amiSecret, ingestUrl, origin), "Collector command")}
      ${isLocal(ingestUrl) ? html`<p class="dim small">This Ringback runs on a single machine, so the collector must run on it too.</p>` : html`<p class="dim small">It needs AWS credentials that may send to that queue. Ask your operator for them.</p>`}
    </li>
    <li>
      <h2>Wait for its first heartbeat</h2>
      ${after}
    </li>
  </ol>`
}

const isLocal = (url: string) => new URL(url).protocol === "http:"

const managerConf = (secret: string) => `[general]
timestampevents=yes

[ringback]
secret=${secret}
deny=0.0.0.0/0.0.0.0
permit=COLLECTOR_ADDRESS/255.255.255.255
read=message,system
write=command
writetimeout=10000`

// On one machine the queue listens on loopback, which a container cannot reach. So the command uses
// npm, not docker.
function command(token: string, secret: string, queueUrl: string, origin: string): string {
  const settings = [
    "AMI_HOST=PBX_HOST",
    "AMI_USERNAME=ringback",
    `AMI_SECRET='${secret}'`,
    `RINGBACK_SOURCE_TOKEN='${token}'`,
    `RINGBACK_INGEST_QUEUE_URL=${queueUrl}`,
    `RINGBACK_API_URL=${origin}`,
  ]
  if (isLocal(queueUrl)) {
    const all = [...settings, `AWS_ENDPOINT_URL_SQS=${new URL(queueUrl).origin}`]
    return `${all.join(" \\\n")} \\\nnpm run collector`
  }
  return [
    "docker build -t ringback-collector -f packages/collector/Dockerfile .",
    "docker run -d --name ringback-collector --restart unless-stopped \\",
    "  --volume ringback-spool:/spool \\",
    ...settings.map((each) => `  --env ${each} \\`),
    "  --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY \\",
    "  ringback-collector",
  ].join("\n")
}
