import type { AttributeValue } from "@aws-sdk/client-dynamodb"

/** What DynamoDB adds to each item that it keeps. */
const OVERHEAD_BYTES = 100

const DIGITS_IN_BYTE = 2

/** How DynamoDB reckons the size of a value. */
function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) {
    return Math.ceil(value.N.replace(/[^0-9]/g, "").length / DIGITS_IN_BYTE) + 1
  }
  if (value.B !== undefined) return value.B.length
  if (value.L) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 3)
  if (value.M) return Object.values(value.M).length + 3 + fieldBytes(value.M)
  return 1
}

const fieldBytes = (fields: Record<string, AttributeValue>): number =>
  Object.entries(fields).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  )

/** An item's bytes as they are written, which are rounded up to write units. */
export const writtenBytes = (item: Record<string, AttributeValue>): number => fieldBytes(item)

/** An item's bytes as they are kept. */
export const storedBytes = (item: Record<string, AttributeValue>): number =>
  fieldBytes(item) + OVERHEAD_BYTES
