import * as ast from "typescript/unstable/ast"
import { isTypeNode } from "typescript/unstable/ast/is"
import type { Change } from "./compiler.ts"
import { literalChanges } from "./literals.ts"

/** A change that a test should notice; `what` says it in one line. */
export type Mutant = Change & { line: number; what: string }

/** Another text for a node, or for a part of it. */
export type Replacement = { start: number; end: number; text: string }

const OPERATORS = mapOf({
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "+=": "-=",
  "-=": "+=",
})
// Calls that may be left out of a chain, and names that have an opposite.
const DROPPED = new Set(["filter", "sort", "slice", "toReversed", "toSorted", "trim", "flat"])
const OPPOSITES = mapOf({
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  ceil: "floor",
  floor: "ceil",
  startsWith: "endsWith",
  endsWith: "startsWith",
})
// A comparison's bound is one mutant, its direction another.
const REVERSED = mapOf({ "<": ">=", "<=": ">", ">": "<=", ">=": "<" })

function mapOf(entries: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(entries))
}

/** All mutants of a source. What lies in types, imports, and the arguments of a log call is left alone. */
export function mutantsOf(source: ast.SourceFile): Mutant[] {
  const { text, fileName: file } = source
  const mutants: Mutant[] = []
  const add = (changes: Replacement[]) => {
    for (const { start, end, text: other } of changes) {
      const line = text.slice(0, start).split("\n").length
      const what = `${shorten(text.slice(start, end))} -> ${shorten(other) || "(removed)"}`
      mutants.push({ file, start, end, text: other, line, what })
    }
  }
  const walk = (node: ast.Node): void => {
    if (isTypeNode(node) || ast.isImportDeclaration(node)) return
    if (ast.isInterfaceDeclaration(node) || ast.isTypeAliasDeclaration(node)) return
    if (ast.isCallExpression(node) && /(^|\.)log$/.test(textOf(source, node.expression))) return
    add(changesOf(source, node))
    node.forEachChild((child) => walk(child))
  }
  source.forEachChild((child) => walk(child))
  return mutants
}

function changesOf(source: ast.SourceFile, node: ast.Node): Replacement[] {
  const replace = (target: ast.Node, text: string): Replacement => ({
    start: target.getStart(source),
    end: target.end,
    text,
  })
  const both = (condition: ast.Node) => [replace(condition, "true"), replace(condition, "false")]
  if (ast.isIfStatement(node)) return both(node.expression)
  if (ast.isConditionalExpression(node)) return both(node.condition)
  if (ast.isWhileStatement(node) || ast.isDoStatement(node))
    return [replace(node.expression, "false")]
  if (ast.isBinaryExpression(node)) return binaryChanges(source, node, replace)
  if (ast.isPrefixUnaryExpression(node) && node.operator === ast.SyntaxKind.ExclamationToken)
    return [replace(node, textOf(source, node.operand))]
  if (ast.isPostfixUnaryExpression(node)) {
    const other = node.operator === ast.SyntaxKind.PlusPlusToken ? "--" : "++"
    return [replace(node, textOf(source, node.operand) + other)]
  }
  if (ast.isAwaitExpression(node)) return [replace(node, textOf(source, node.expression))]
  if (ast.isExpressionStatement(node)) {
    return isLog(source, node.expression) ? [] : [replace(node, ";")]
  }
  if (ast.isBreakStatement(node) || ast.isContinueStatement(node)) return [replace(node, ";")]
  if (ast.isReturnStatement(node) && node.expression)
    return isPlain(node.expression) ? [] : [replace(node.expression, "undefined")]
  if (ast.isArrowFunction(node)) {
    const { body } = node
    return ast.isBlock(body) || isPlain(body) ? [] : [replace(body, "undefined")]
  }
  if (ast.isFunctionDeclaration(node) && node.body && node.body.statements.length > 1)
    return [replace(node.body, "{}")]
  if (ast.isPropertyAssignment(node) || ast.isShorthandPropertyAssignment(node))
    return /^"[:#]/.test(textOf(source, node.name)) ? [] : [removed(source, node)]
  if (ast.isSpreadAssignment(node)) return [removed(source, node)]
  if (ast.isCallExpression(node)) return callChanges(source, node, replace)
  if (ast.isArrayLiteralExpression(node))
    return node.elements.length > 0 ? [replace(node, "[]")] : []
  return literalChanges(source, node)
}

type Replace = (target: ast.Node, text: string) => Replacement

function binaryChanges(source: ast.SourceFile, node: ast.BinaryExpression, replace: Replace) {
  const operator = textOf(source, node.operatorToken)
  const [left, right] = [textOf(source, node.left), textOf(source, node.right)]
  if (operator === "??") return [replace(node, left), replace(node, right)]
  const changes: Replacement[] = []
  const other = OPERATORS.get(operator)
  if (other) changes.push(replace(node.operatorToken, other))
  const opposite = REVERSED.get(operator)
  if (opposite) changes.push(replace(node.operatorToken, opposite))
  if (operator === "&&" || operator === "||")
    changes.push(replace(node, left), replace(node, right))
  return changes
}

function callChanges(source: ast.SourceFile, node: ast.CallExpression, replace: Replace) {
  const { expression } = node
  if (!ast.isPropertyAccessExpression(expression)) return []
  const { name } = expression
  const changes: Replacement[] = []
  const opposite = OPPOSITES.get(name.text)
  if (opposite) changes.push(replace(name, opposite))
  if (DROPPED.has(name.text)) changes.push(replace(node, textOf(source, expression.expression)))
  return changes
}

/** With the comma behind it. */
function removed(source: ast.SourceFile, node: ast.Node): Replacement {
  const comma = /^\s*,/.exec(source.text.slice(node.end))?.[0].length ?? 0
  return { start: node.getStart(source), end: node.end + comma, text: "" }
}

const isLog = (source: ast.SourceFile, node: ast.Node) =>
  ast.isCallExpression(node) && /(^|\.)log$/.test(textOf(source, node.expression))

// Literals have mutants of their own.
const isPlain = (node: ast.Node) =>
  ast.isLiteralExpression(node) ||
  [ast.SyntaxKind.TrueKeyword, ast.SyntaxKind.FalseKeyword, ast.SyntaxKind.NullKeyword].includes(
    node.kind,
  ) ||
  (ast.isIdentifier(node) && node.text === "undefined")

const textOf = (source: ast.SourceFile, node: ast.Node) =>
  source.text.slice(node.getStart(source), node.end)

const shorten = (text: string) => {
  const line = text.replace(/\s+/g, " ").trim()
  return line.length > 90 ? `${line.slice(0, 60)} ... ${line.slice(-25)}` : line
}
