// Rules: test/policies/bad-folder.test.ts
import {
  checkParseSchema,
  type DetailedError,
  type EntityUidJson,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  policyToText,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { ownClassification } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, isOfRegistry } from '../../domain/policy/catalogue.ts'
import { personActions } from '../../domain/policy/question.ts'
import { askOnce } from './ask-once.ts'
import { parsePolicy, parseSchema, plainUid, readOnce } from './cedar-json.ts'
import { groupsOf, withActions } from './cedar-schema.ts'
import { argumentsReadBy, indexedReads } from './indexed-reads.ts'
import { timeMissingIn } from './time-in-schema.ts'

type Source = { file: string; text: string }
type Problem = { file: string; line: number; message: string; fix: string }
type Located = {
  id: string
  json: PolicyJson
  text: string
  source: Source
  start: number
  line: number
  observes: boolean
}

/** Cedar's part in compiling a policy folder: ids, schema, strict validation, and a slice of the policies for each action. */
export const cedar = { withActions, compile: compileCedar, indexOf, open: askOnce }

const ownId = 'hotwork-is-beyond-break-glass'

/** A forbid that no policy folder can lift: it outweighs every permit, and its `@id` is reserved. */
const own: Source = {
  file: 'Hotwork itself',
  text: `@id("${ownId}")
forbid (
  principal,
  action == Hotwork::Action::"breakGlass",
  resource
) when {
  resource.classification == "${ownClassification}"
};
`,
}

function compileCedar(schema: Source, sources: readonly Source[], catalogue: readonly CatalogueEntry[]) {
  const problems = checkSchema(schema)
  if (problems.length > 0) return { policies: {}, index: {}, problems }

  const located = new Map<string, Located>()
  for (const policy of [...sources, own].flatMap((source) => split(source, problems))) {
    const other = located.get(policy.id)
    if (other) {
      const message = `@id("${policy.id}") is taken by the policy at ${other.source.file}:${other.line}`
      problems.push({ file: policy.source.file, line: policy.line, message, fix: 'give one of them another @id' })
    } else located.set(policy.id, policy)
  }
  problems.push(...validateAll(schema, located))
  const slices = problems.length === 0 ? slicesOf(located, catalogue) : { policies: {} }
  return {
    ...slices,
    index: Object.fromEntries(
      [...located.values()]
        .filter(({ source }) => source !== own)
        .map((policy) => [
          policy.id,
          {
            file: policy.source.file,
            line: policy.line,
            effect: policy.json.effect,
            observes: policy.observes,
            actions: actionsOf(policy.json, catalogue),
            reads: indexedReads(policy.json, (name) => lineIn(policy, JSON.stringify(name))),
          },
        ]),
    ),
    problems,
  }
}

/** The index of a bundle. A bundle lacks the positions of its policies, so each is placed in `file`. */
function indexOf({ policies, observed = {} }: Pick<Bundle, 'policies' | 'observed'>, file: string) {
  type Indexed = {
    effect: PolicyJson['effect']
    observes: boolean
    actions: string[]
    reads: ReturnType<typeof indexedReads>
  }
  const found = new Map<string, Indexed>()
  for (const slices of [policies, observed])
    for (const [action, slice] of Object.entries(slices))
      for (const [id, text] of Object.entries(slice)) {
        const before = found.get(id)
        if (before) before.actions.push(action)
        else if (id !== ownId) {
          const { effect, ...json } = parsePolicy(text)
          found.set(id, {
            effect,
            observes: slices === observed,
            actions: [action],
            reads: indexedReads(json, () => 1),
          })
        }
      }
  return Object.fromEntries([...found].map(([id, facts]) => [id, { file, line: 1, ...facts }]))
}

const checkSchemaText = readOnce(checkParseSchema)

function checkSchema(schema: Source): Problem[] {
  const checked = checkSchemaText(schema.text)
  if (checked.type === 'failure') return checked.errors.map((error) => problemOf(schema, 0, error))
  const json = parseSchema(schema.text)
  if (json.type === 'failure') return json.errors.map((error) => problemOf(schema, 0, error))
  const hotwork = json.json['Hotwork']
  const declared = hotwork?.actions ?? {}
  const people = personActions.flatMap((name) => {
    const principals = declared[name]?.appliesTo?.principalTypes ?? []
    if (principals.length > 0 && principals.every((type) => /^(Hotwork::)?Person$/.test(type))) return []
    const offset = new RegExp(`\\baction [^{;]*\\b${name}\\b`).exec(schema.text)?.index ?? 0
    const message = `action \`${name}\` has to be there, and for people alone`
    const fix = 'declare it with `principal: [Person]`, as in the schema that Hotwork ships with'
    return [{ file: schema.file, line: lineAt(schema.text, offset), message, fix }]
  })
  if (people.length > 0 || !hotwork) return people
  return timeMissingIn(schema.text, hotwork).map(({ offset, ...wrong }) => ({
    file: schema.file,
    line: lineAt(schema.text, offset),
    ...wrong,
  }))
}

/** The policies of a file, with their ids: Cedar numbers policies and drops `@id`. */
function split(source: Source, problems: Problem[]): Located[] {
  const parts = policySetTextToParts(source.text)
  if (parts.type === 'failure') {
    problems.push(...parts.errors.map((error) => problemOf(source, 0, error)))
    return []
  }
  if (parts.policy_templates.length > 0) {
    const line = lineAt(source.text, Math.max(0, source.text.search(/\?(principal|resource)/)))
    const fix = 'name the principal or resource, or a group'
    problems.push({ file: source.file, line, message: 'a template applies to no principal or resource', fix })
  }
  let from = 0
  return parts.policies.flatMap((text) => {
    // Each part is a piece of its file, in the file's order. Without a match its line is the first.
    const start = Math.max(0, source.text.indexOf(text, from))
    from = start + 1
    const line = lineAt(source.text, start)
    const parsed = policyToJson(text)
    if (parsed.type === 'failure') {
      problems.push(...parsed.errors.map((error) => problemOf(source, start, error)))
      return []
    }
    const id = parsed.json.annotations?.['id']
    if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(id)) {
      const fix = 'begin it with @id("..."), of lower case letters, digits and hyphens'
      problems.push({ file: source.file, line, message: 'a policy needs a name of its own', fix })
      return []
    }
    if (JSON.stringify(parsed.json.conditions).includes('{"Var":"action"}')) {
      const fix = 'name actions, or a group of them, in the head of the policy'
      problems.push({ file: source.file, line, message: `\`${id}\` asks for the action in a condition`, fix })
    }
    // A task's source is a claim of the agent's token: it may only raise scrutiny.
    if (parsed.json.effect === 'permit' && argumentsReadBy(parsed.json).taskSource) {
      const at = lineAt(source.text, start + Math.max(0, text.indexOf('task_source')))
      const message = `\`${id}\` permits by \`context.task_source\`, which the holder of the agent's token claims`
      const fix = 'read it in a `forbid`, such as one with `context.approval.tier < 1`'
      problems.push({ file: source.file, line: at, message, fix })
    }
    const { observe } = parsed.json.annotations ?? {}
    if (observe !== undefined && observe !== 'true') {
      const fix = 'write `@observe("true")`, or remove it: then the policy counts'
      problems.push({ file: source.file, line, message: `\`${id}\` has another \`@observe\` than "true"`, fix })
    }
    return [{ id, json: parsed.json, text, source, start, line, observes: observe !== undefined }]
  })
}

/** Strict validation. A policy that could err or can never apply is refused like one that does not parse. */
function validateAll(schema: Source, located: ReadonlyMap<string, Located>): Problem[] {
  const staticPolicies = Object.fromEntries([...located].map(([id, { text }]) => [id, text]))
  const answer = validate({ schema: schema.text, policies: { staticPolicies }, validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') return answer.errors.map((error) => problemOf(schema, 0, error))
  const problems = [...answer.validationErrors, ...answer.validationWarnings].flatMap(({ policyId, error }) => {
    const policy = located.get(policyId)
    return policy ? [problemOf(policy.source, policy.start, error, policy.text)] : []
  })
  return oncePerMistake(problems)
}

const forAction = / for Hotwork::Action::"[^"]*"/

/** Removes duplicates: Cedar repeats one mistake for each action of its policy. */
function oncePerMistake(problems: readonly Problem[]): Problem[] {
  const alike = new Map<string, Problem[]>()
  for (const problem of problems) {
    const key = JSON.stringify({ ...problem, message: problem.message.replace(forAction, '') })
    alike.set(key, [...(alike.get(key) ?? []), problem])
  }
  return [...alike.values()].flatMap(([first, ...others]) =>
    first && others.length > 0
      ? { ...first, message: first.message.replace(forAction, ` for ${others.length + 1} actions`) }
      : (first ?? []),
  )
}

function slicesOf(located: ReadonlyMap<string, Located>, catalogue: readonly CatalogueEntry[]) {
  const all = [...located.values()]
  const policies = sliceByAction(
    all.filter(({ observes }) => !observes),
    catalogue,
  )
  const ofObserved = sliceByAction(
    all.filter(({ observes }) => observes),
    catalogue,
  )
  const observed = Object.fromEntries(Object.entries(ofObserved).filter(([, own]) => Object.keys(own).length > 0))
  return { policies, ...(Object.keys(observed).length > 0 ? { observed } : {}) }
}

/** Removes the action from each policy of its slice, where it always matches: matching a group would need the schema. */
function sliceByAction(located: readonly Located[], catalogue: readonly CatalogueEntry[]): Bundle['policies'] {
  const slices = new Map<string, { [id: string]: string }>()
  for (const name of [...personActions, ...catalogue.map((entry) => entry.name)]) slices.set(name, {})
  for (const { id, json } of located) {
    const text = print({ ...json, action: { op: 'All' } })
    for (const action of actionsOf(json, catalogue)) {
      const slice = slices.get(action)
      if (slice) slice[id] = text
    }
  }
  return Object.fromEntries(slices)
}

function actionsOf({ principal, action }: PolicyJson, catalogue: readonly CatalogueEntry[]): readonly string[] {
  const asker =
    principal.op === 'is' ? principal.entity_type : 'entity' in principal ? typeOf(principal.entity) : undefined
  const isFor = (type: string) =>
    asker === undefined || asker === type || (asker === 'Hotwork::Group' && type === 'Hotwork::Person')
  const all = [
    ...(isFor('Hotwork::Person') ? personActions.map((name) => ({ name, groups: [] as readonly string[] })) : []),
    ...catalogue
      .filter((entry) => isFor(isOfRegistry(entry) ? 'Hotwork::Person' : 'Hotwork::Agent'))
      .map((entry) => ({ name: entry.name, groups: groupsOf(entry) })),
  ]
  if (action.op === 'All') return all.map(({ name }) => name)
  const named = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : []
  const wanted = new Set(named.map(idOf))
  const matches = all.filter(
    ({ name, groups }) => wanted.has(name) || (action.op === 'in' && groups.some((it) => wanted.has(it))),
  )
  return matches.map(({ name }) => name)
}

const typeOf = (uid: EntityUidJson) => plainUid(uid).type
const idOf = (uid: EntityUidJson) => plainUid(uid).id

function print(policy: PolicyJson): string {
  const printed = policyToText(policy)
  if (printed.type === 'failure') throw new TypeError(`a policy that cannot be printed: ${JSON.stringify(policy)}`)
  return printed.text
}

/** Cedar's error as a problem. Its offsets count bytes from the start of the given text. */
function problemOf({ file, text }: Source, start: number, error: DetailedError, part = text): Problem {
  const [location] = error.sourceLocations ?? []
  const offset =
    start +
    Buffer.from(part)
      .subarray(0, location?.start ?? 0)
      .toString().length
  const hint = error.help ?? location?.label
  return {
    file,
    line: lineAt(text, offset),
    message: error.message,
    fix: hint ? hint : 'correct it; hotwork.cedarschema says which attributes there are, and of which type',
  }
}

const lineAt = (text: string, offset: number) => text.slice(0, offset).split('\n').length

const lineIn = ({ text, source, start }: Located, part: string) =>
  lineAt(source.text, start + Math.max(0, text.indexOf(part)))
