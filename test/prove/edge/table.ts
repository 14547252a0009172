import { ConditionalCheckFailedException, type DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { createRequire } from "node:module"

type Data = Record<string, unknown>
type Action = (
  store: unknown,
  data: Data,
  done: (error: Fault | null, answer: Data) => void,
) => void
type Fault = Error & { statusCode?: number; body?: { __type: string; message?: string } }
type Validations = {
  checkTypes: (data: Data, types: unknown) => Data
  checkValidations: (data: Data, types: unknown, custom: unknown, store: unknown) => void
}

const load = createRequire(import.meta.resolve("dynalite"))
const { create } = load("./db/index.js") as { create: (options: Data) => unknown }
const validations = load("./validations/index.js") as Validations

/** The embedded DynamoDB without HTTP between: thousands of histories make a million calls. */
export function makeTableClient(): DynamoDBClient {
  const store = create({ createTableMs: 0 })
  const send = (command: { input: Data; constructor: { name: string } }) => {
    const name = command.constructor.name.replace(/^(.)(.*)Command$/, (_, first: string, rest) =>
      first.toLowerCase().concat(rest as string),
    )
    const act = load(`./actions/${name}.js`) as Action
    const { types, custom } = load(`./validations/${name}.js`) as {
      types: unknown
      custom: unknown
    }
    // As JSON carries it: what is undefined is not there.
    const data = validations.checkTypes(JSON.parse(JSON.stringify(command.input)) as Data, types)
    return new Promise<Data>((resolve, reject) => {
      try {
        validations.checkValidations(data, types, custom, store)
      } catch (error) {
        return reject(explain(error as Fault))
      }
      act(store, data, (error, answer) => (error ? reject(explain(error)) : resolve(answer)))
    })
  }
  return { send } as unknown as DynamoDBClient
}

function explain(fault: Fault): Error {
  const { __type = "", message = fault.message } = fault.body ?? {}
  if (!__type.endsWith("ConditionalCheckFailedException")) return new Error(`${__type} ${message}`)
  return new ConditionalCheckFailedException({ message, $metadata: {} })
}
