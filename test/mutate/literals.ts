import * as ast from "typescript/unstable/ast"
import type { Replacement } from "./mutants.ts"

// What the database is asked: its conditions are texts, and decide more than any `if`.
const EXPRESSION = /attribute_(not_)?exists|if_not_exists|[=<>] :\w+|begins_with|^(SET|REMOVE|ADD) /
const SWAPS: [RegExp, string][] = [
  [/ OR /g, " AND "],
  [/ AND /g, " OR "],
  [/ < (?=:)/g, " <= "],
  [/ <= (?=:)/g, " < "],
  [/ <= (?=:)/g, " > "],
  [/ < (?=:)/g, " > "],
  [/ = (?=:was|:claimant|:turn|:owner|:since|:fingerprint|:count)/g, " <> "],
  [/ <> (?=:)/g, " = "],
  [/attribute_exists/g, "attribute_not_exists"],
  [/attribute_not_exists/g, "attribute_exists"],
  [/if_not_exists\(#?[\w{}$]+, (:\w+)\)/g, "$1"],
  [/(?<= REMOVE .*), #?\w+(?=[",`]|$)/g, ""],
  [/ REMOVE [^"`]*/g, ""],
]

/** Numbers, booleans and short texts. A text of several words is for people, and is not judged by its words. */
export function literalChanges(source: ast.SourceFile, node: ast.Node): Replacement[] {
  const start = node.getStart(source)
  const { end } = node
  const text = source.text.slice(start, end)
  const to = (other: string): Replacement => ({ start, end, text: other })
  if (node.kind === ast.SyntaxKind.TrueKeyword) return [to("false")]
  if (node.kind === ast.SyntaxKind.FalseKeyword) return [to("true")]
  if (ast.isNumericLiteral(node)) return [to(/^0+$/.test(text) ? "1" : "0")]
  if (ast.isBigIntLiteral(node)) return [to(text === "0n" ? "1n" : "0n")]
  if (ast.isTemplateExpression(node)) {
    if (EXPRESSION.test(text)) return expressionChanges(text, start)
    return isProse(text) ? [] : [to('""')]
  }
  if (!ast.isStringLiteral(node) && !ast.isNoSubstitutionTemplateLiteral(node)) return []
  if (isName(node)) return []
  if (EXPRESSION.test(text)) return expressionChanges(text, start)
  if (isProse(text)) return []
  return [to(text.length === 2 ? '"mutant"' : '""')]
}

function expressionChanges(text: string, start: number): Replacement[] {
  return SWAPS.flatMap(([pattern, other]) =>
    [...text.matchAll(pattern)].map((match) => ({
      start: start + match.index,
      end: start + match.index + match[0].length,
      text: other.replace("$1", match[1] ?? ""),
    })),
  )
}

const isProse = (text: string) => /[a-z,:;] +[a-z(]/i.test(text)

// A module's or a property's name.
const isName = (node: ast.Node) =>
  (ast.isPropertyAssignment(node.parent) && node.parent.name === node) || isModule(node)

const isModule = ({ parent }: ast.Node) =>
  ast.isExportDeclaration(parent) ||
  ast.isImportDeclaration(parent) ||
  ast.isLiteralTypeNode(parent) ||
  (ast.isCallExpression(parent) && parent.expression.kind === ast.SyntaxKind.ImportKeyword)
