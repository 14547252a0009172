import type { DynamoDBClient, GetItemCommandOutput } from "@aws-sdk/client-dynamodb"

type Input = { Key?: unknown; TableName?: string; ConsistentRead?: boolean }

/**
 * Makes a client's reads lag as DynamoDB's may: an item that is read without `ConsistentRead` stays for ever as it was
 * read first. The embedded engine has one copy of everything, and would show no difference.
 */
export function letReadsLag(client: DynamoDBClient): void {
  const seen = new Map<string, GetItemCommandOutput>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { Key, ConsistentRead } = args.input as Input
        if (commandName !== "GetItemCommand" || ConsistentRead) return next(args)
        const key = JSON.stringify(Key)
        const known = seen.get(key)
        if (known) return { response: {}, output: known as never }
        const answer = await next(args)
        seen.set(key, answer.output as GetItemCommandOutput)
        return answer
      },
    { step: "initialize", name: "lag" },
  )
}

/**
 * Makes a client's reads lag as far as DynamoDB's may after a write: an item that is read without `ConsistentRead` is not
 * there.
 */
export function letReadsMiss(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { ConsistentRead } = args.input as Input
        if (commandName !== "GetItemCommand" || ConsistentRead) return next(args)
        const { output } = await next(args)
        return { response: {}, output: { ...output, Item: undefined } as never }
      },
    { step: "initialize", name: "miss" },
  )
}
