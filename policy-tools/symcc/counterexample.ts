// Rules: test/policies/changes/prove.test.ts
import {
  type CedarValueJson,
  type Context,
  type EntityJson,
  type Expr,
  policyToJson,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs'

/** A request in Cedar's own format. */
export type CedarRequest = {
  principal: TypeAndId
  action: TypeAndId
  resource: TypeAndId
  context: Context
  entities: EntityJson[]
}

const uid = String.raw`[A-Za-z_0-9:]+::"(?:[^"\\]|\\.)*"`
const request = new RegExp(`^principal: (${uid}), action: (${uid}), resource: (${uid})\\ncontext: (.*)$`, 'mu')
const entity = new RegExp(String.raw`^ {2}(${uid})(?: in \[(.*)\])?(?: \{((?:\n {4}.*,)*)\n {2}\})?,$`, 'gmu')
const attribute = /^ {4}((?:[A-Za-z_]\w*)|"(?:[^"\\]|\\.)*"): (.*),$/gmu

/** The counterexample that `cedar symcc` prints. Undefined for other output. */
export function readCounterexample(out: string): CedarRequest | undefined {
  const [whole, ...parts] = request.exec(out) ?? []
  if (whole === undefined) return undefined
  const [principal, action, resource, context] = parts.map(cedarValue)
  const entities = [...out.slice(out.indexOf('\nentities: [\n')).matchAll(entity)].map(entityOf)
  if (!isUid(principal) || !isUid(action) || !isUid(resource) || !isRecord(context)) return undefined
  if (!entities.every((each) => each !== undefined)) return undefined
  return { principal: principal.__entity, action: action.__entity, resource: resource.__entity, context, entities }
}

function entityOf([, id = '', parents = '', attributes = '']: RegExpExecArray): EntityJson | undefined {
  const [is, within] = [cedarValue(id), cedarValue(`[${parents}]`)]
  const attrs = [...attributes.matchAll(attribute)].map(([, name = '', value = '']) => `${name}: ${value}`)
  const has = cedarValue(`{${attrs.join(', ')}}`)
  if (!isUid(is) || !Array.isArray(within) || !within.every(isUid) || !isRecord(has)) return undefined
  return { uid: is, attrs: has, parents: within }
}

/** A value in Cedar's syntax, parsed by Cedar itself within a policy. */
function cedarValue(text: string): CedarValueJson | undefined {
  const parsed = policyToJson(`permit (principal, action, resource) when { ${text} == 0 };`)
  if (parsed.type === 'failure') return undefined
  const [condition] = parsed.json.conditions
  const body = (condition?.body ?? {}) as { '=='?: { left: Expr } }
  return body['=='] && literal(body['=='].left)
}

function literal(expression: Expr): CedarValueJson | undefined {
  if ('Value' in expression) return expression.Value as CedarValueJson
  if ('neg' in expression) {
    const { arg } = expression.neg as { arg: Expr }
    const value = literal(arg)
    return typeof value === 'number' ? -value : undefined
  }
  if ('Set' in expression) return (expression.Set as Expr[]).map((each) => literal(each) ?? null)
  if ('Record' in expression) {
    const members = Object.entries(expression.Record as { [name: string]: Expr })
    return Object.fromEntries(members.map(([name, each]) => [name, literal(each) ?? null]))
  }
  const [[fn, args] = []] = Object.entries(expression) as [string, Expr[]][]
  const [argument, other] = (args ?? []).map(literal)
  if (fn === undefined || argument === undefined) return undefined
  return fn === 'offset' ? laterBy(argument, other) : { __extn: { fn, arg: argument } }
}

/** `datetime("1970-01-01").offset(duration("5ms"))` as one datetime. */
function laterBy(time: CedarValueJson, by: CedarValueJson | undefined): CedarValueJson | undefined {
  const [begins, after] = [time, by].map(
    (each) => (each as { __extn?: { arg?: CedarValueJson } } | undefined)?.__extn?.arg,
  )
  const [, sign = '', milliseconds] = /^(-?)(\d+)ms$/.exec(String(after)) ?? []
  const at = Date.parse(String(begins)) + Number(`${sign}${milliseconds}`)
  return Number.isFinite(at) ? { __extn: { fn: 'datetime', arg: new Date(at).toISOString() } } : undefined
}

const isUid = (value: CedarValueJson | undefined): value is { __entity: TypeAndId } =>
  isRecord(value) && '__entity' in value
const isRecord = (value: CedarValueJson | undefined): value is { [name: string]: CedarValueJson } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
