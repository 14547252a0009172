import { readFileSync } from "node:fs"
import type { SourceFile } from "typescript/unstable/ast"
import { API } from "typescript/unstable/sync"

/** A change of a source: `text` instead of what stands from `start` to `end` (UTF-16 offsets). */
export type Change = { file: string; start: number; end: number; text: string }

export const applyChange = (source: string, { start, end, text }: Omit<Change, "file">) =>
  source.slice(0, start) + text + source.slice(end)

// "... is declared but its value is never read": a mutant is judged by its behaviour, not by the linter's rules.
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 6199])

/** The TypeScript compiler, kept open: a changed file is checked in some 30 ms. Only the file itself is checked. */
export function openCompiler(root: string) {
  const overlay = new Map<string, string>()
  const api = new API({ cwd: root, fs: { readFile: (path) => overlay.get(path) } })
  let snapshot = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] })
  const program = () => snapshot.getProjects()[0]!.program

  function refresh(file: string) {
    const next = api.updateSnapshot({ fileChanges: { changed: [file] } })
    snapshot.dispose()
    snapshot = next
  }

  return {
    parse(file: string): SourceFile {
      const parsed = program().getSourceFile(file)
      if (!parsed) throw new Error(`${file} is not part of tsconfig.json`)
      return parsed
    },
    compiles(change: Change): boolean {
      const { file } = change
      overlay.set(file, applyChange(readFileSync(file, "utf8"), change))
      refresh(file)
      const errors = [
        ...program().getSyntacticDiagnostics(file),
        ...program().getSemanticDiagnostics(file),
      ].filter(({ code }) => !UNUSED.has(code))
      overlay.delete(file)
      refresh(file)
      return errors.length === 0
    },
    close: () => api.close(),
  }
}
