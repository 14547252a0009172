const MODULE_EVENT =
  /^Out(Campaign|Plan|Dlma|Destination|Dialing|DlList|Queue)(Create|Update|Delete)$/

/** Which AMI events are forwarded: the dialler's, and those named. Never the rows of lists. */
export function makeSelection(names: readonly string[]): (name: string) => boolean {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  // Few names come often: each is judged once.
  const judged = new Map<string, boolean>()
  return (name) => {
    const known = judged.get(name)
    if (known !== undefined) return known
    const isWanted = MODULE_EVENT.test(name) || wanted.has(name.toLowerCase())
    if (judged.size < 1_000) judged.set(name, isWanted)
    return isWanted
  }
}
