import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import type { Table } from "@ringback/store/table"

export type Row = { pk: string; sk: string; colour: string }

export async function writeRows({ client, name }: Table, rows: Row[]) {
  for (let start = 0; start < rows.length; start += 25) {
    const requests = rows
      .slice(start, start + 25)
      .map((item) => ({ PutRequest: { Item: marshall(item) } }))
    await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }))
  }
}
