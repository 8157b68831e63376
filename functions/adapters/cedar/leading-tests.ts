import type { CedarValueJson, Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'

type Context = Record<string, CedarValueJson>
type Path = readonly [fact: string, member?: string]

/** That a fact of the context is one of these texts, or a number that compares so. */
export type Test =
  | { path: Path; is: 'one of'; texts: readonly string[] }
  | { path: Path; is: Comparison; number: number }
type Comparison = '==' | '<' | '<=' | '>' | '>='

/** A policy as what it tests first, and what is left of it where all of that holds. */
export type Split = { tests: readonly Test[]; rest: PolicyJson }

/**
 * Splits off the tests that a policy's condition begins with: `context.agent.autonomy == "supervised" && ...`. Cedar reads
 * `&&` from the left and no further than the first that is false, and none of these can err. So a policy one of whose
 * first tests is false says nothing, exactly; and one whose first tests hold says what the rest of it says. Whatever is
 * not plainly such a test ends the search for more, since what stands behind it might never be reached.
 */
export function splitLeading(policy: PolicyJson): Split {
  const [first, ...more] = policy.conditions
  if (first?.kind !== 'when') return { tests: [], rest: policy }
  const terms = termsOf(first.body)
  const found = terms.map(testOf)
  const end = found.indexOf(undefined)
  const tests = (end < 0 ? found : found.slice(0, end)) as Test[]
  const [body, ...others] = terms.slice(tests.length)
  const left = body && others.reduce<Expr>((left, right) => ({ '&&': { left, right } }), body)
  return { tests, rest: { ...policy, conditions: left ? [{ kind: 'when', body: left }, ...more] : more } }
}

/** Whether a test holds of facts that are as cedar-question.ts says them. */
export function holds(test: Test, context: Context): boolean {
  const [name, member] = test.path
  const fact = member === undefined ? context[name] : (context[name] as Context)[member]
  switch (test.is) {
    case 'one of':
      return test.texts.includes(fact as string)
    case '==':
      return fact === test.number
    case '<':
      return (fact as number) < test.number
    case '<=':
      return (fact as number) <= test.number
    case '>':
      return (fact as number) > test.number
    case '>=':
      return (fact as number) >= test.number
    default:
      return test satisfies never
  }
}

/** The terms of a conjunction, in the order in which they are read. */
function termsOf(expression: Expr): Expr[] {
  if (!('&&' in expression)) return [expression]
  const { left, right } = expression['&&'] as { left: Expr; right: Expr }
  return [...termsOf(left), ...termsOf(right)]
}

/** `fact == "text"`, `["text", ...].contains(fact)`, `fact >= 2` and its like. */
function testOf(expression: Expr): Test | undefined {
  const [[operator, operands] = ['', undefined], ...more] = Object.entries(expression)
  if (more.length > 0) return undefined
  const { left, right } = operands as { left: Expr; right: Expr }
  switch (operator) {
    case 'contains': {
      const [path, texts] = [textAt(right), 'Set' in left && textsIn(left.Set as Expr[])]
      return path && texts ? { path, is: 'one of', texts } : undefined
    }
    case '==':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [text, number, texts] = [textAt(left), numberAt(left), textsIn([right])]
      if (text && texts && operator === '==') return { path: text, is: 'one of', texts }
      const value = literal(right)
      return number && Number.isSafeInteger(value) ? { path: number, is: operator, number: value as number } : undefined
    }
    default:
      return undefined
  }
}

const literal = (expression: Expr): unknown => ('Value' in expression ? expression.Value : undefined)

function textsIn(expressions: readonly Expr[]): readonly string[] | undefined {
  const values = expressions.map(literal)
  return values.every((value) => typeof value === 'string') ? values : undefined
}

/** The facts that are there in every question about an action, so that to read them never errs: texts, and numbers. */
const texts = ['purpose', 'moment', 'credential', 'agent.autonomy']
const resourceTexts = ['type', 'id', 'environment', 'classification'].map((name) => `resource.${name}`)
const numbers = ['approval.tier', 'recent', 'delegationDepth', 'now']

const textAt = (expression: Expr) => pathAt(expression, [...texts, ...resourceTexts])
const numberAt = (expression: Expr) => pathAt(expression, numbers)

function pathAt(expression: Expr, known: readonly string[]): Path | undefined {
  const path = namesIn(expression)
  return path && known.includes(path.join('.')) ? (path as [string, string?]) : undefined
}

/** `context.agent.autonomy` as its names. */
export function namesIn(expression: object): readonly string[] | undefined {
  if ('Var' in expression) return expression.Var === 'context' ? [] : undefined
  if (!('.' in expression)) return undefined
  const { left, attr } = expression['.'] as { left: Expr; attr: string }
  const before = namesIn(left)
  return before && [...before, attr]
}
