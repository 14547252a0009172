export type Slice = { from: number; to: number }

/** The times of the newest item, of the middle one, and of the one with an eighth after it. */
export type Times = { newest: number; middle: number; late: number }

/**
 * The newest items of a slice. `from` is how far back it was read: to the start of the slice, or to
 * the oldest item that was read. With a filter none of those may be among `items`.
 */
export type Part<T> = { items: T[]; from: number; times: Times | null }

/** The times in these items, newest first. */
export function timesIn<Item>(
  items: readonly Item[],
  timeOf: (item: Item) => number,
): Times | null {
  const [newest] = items
  const middle = items[items.length >> 1]
  const late = items[items.length - 1 - (items.length >> 3)]
  return newest === undefined || middle === undefined || late === undefined
    ? null
    : { newest: timeOf(newest), middle: timeOf(middle), late: timeOf(late) }
}

/** Items that each represent `weight` of them. */
export type Sampled<T> = { items: T[]; weight: number }

/** `page`: how many of the newest items are read, `sample`: how many of each slice before them. */
export type Sizes = { page: number; sample: number }

const GROWTH = 4
// A sample of a smaller part of its slice may be of a burst.
const LEAST_SHARE = 1 / 128
const MAX_SLICES = 8
const MAX_DEPTH = 2

/**
 * Reads a log completely while it is short. Of a long one, it reads the newest part and samples of
 * the rest, from which the number of all items can be estimated.
 */
export function sampleLog<T>(
  read: (slice: Slice, limit: number) => Promise<Part<T>>,
  slice: Slice,
  { page, sample }: Sizes,
): Promise<Sampled<T>[]> {
  const sampleSlice = async (of: Slice, limit: number, depth: number): Promise<Sampled<T>[]> => {
    const part = await read(of, limit)
    const { items, from, times } = part
    if (from <= of.from) return [{ items, weight: 1 }]
    if (depth > 0 && (depth >= MAX_DEPTH || isTypical(of, part)))
      return [{ items, weight: (of.to - of.from) / (of.to - from) }]
    const nearMs = times
      ? Math.min(times.middle - from, 4 * (times.late - from))
      : Math.floor((of.to - from) / 2)
    const rest = slicesBefore({ from: of.from, to: from }, nearMs)
    const parts = await Promise.all(rest.map((each) => sampleSlice(each, sample, depth + 1)))
    return [{ items, weight: 1 }, ...parts.flat()]
  }
  return sampleSlice(slice, page, 0)
}

/**
 * Whether a sample may stand for its slice. Not if there is nothing for a while and then many items:
 * neither tells how many there are in the rest.
 */
const isTypical = (slice: Slice, { from, times }: Part<unknown>) =>
  times === null ||
  (slice.to - times.newest <= GROWTH * (times.newest - from) &&
    slice.to - from >= LEAST_SHARE * (slice.to - slice.from))

/**
 * Cuts the time before the read items into slices, each longer than the one after it. Reading has
 * stopped where items are dense, perhaps within a burst, whose density must not be taken for that
 * of hours. `nearMs`: how long the older half of the read items took.
 */
export function slicesBefore({ from, to }: Slice, nearMs: number): Slice[] {
  const slices: Slice[] = []
  let length = Math.max(1, nearMs)
  for (let end = to; end > from; length *= GROWTH) {
    const isLast = slices.length === MAX_SLICES - 1
    const start = isLast ? from : Math.max(from, end - length)
    slices.push({ from: start, to: end })
    end = start
  }
  return slices
}
