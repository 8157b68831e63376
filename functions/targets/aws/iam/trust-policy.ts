import * as z from 'zod'
import { parseJson } from '../../../domain/values.ts'
import { type Glob, globOf, literalOf, meet } from './glob.ts'

/** Whether a trust policy lets a caller in. `unknown`: a part of it is unsupported. */
export type Trusts = 'yes' | 'unknown' | 'no'

export type Principal = { kind: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'; name: string }

/** A workload with tokens of an OpenID Connect provider. It chooses the audience itself. */
export type TokenCaller = {
  kind: 'Federated'
  /** The provider's address without `https://`. */
  issuer: string
  /** The subjects of its tokens, as patterns of IAM. */
  subjects: readonly string[]
  /** Subjects that its tokens may have if the provider is configured so. Compared without case. */
  possible: readonly string[]
  /** The prefix of subjects that belong to other workloads unless a pattern matches; all by default. */
  others?: string
}
export type Caller = TokenCaller | { kind: 'Service'; name: string } | { kind: 'AWS'; arn: string }

const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const kinds = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const

const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.partialRecord(z.enum(kinds), OneOrMore)]),
  Action: OneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})
type Statement = z.infer<typeof Statement>

const Document = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]) })

/** A trust policy. An unsupported statement is `undefined`. */
export type Trust = readonly (Statement | undefined)[]

/** Never throws: an unreadable text gives one unsupported statement. */
export function readTrust(text: string): Trust {
  const document = Document.safeParse(parseJson(text))
  if (!document.success) return [undefined]
  return document.data.Statement.map((each) => Statement.safeParse(each).data)
}

/** The principals of all statements that allow. `*` is any principal of AWS. */
export const principalsOf = (trust: Trust): readonly Principal[] =>
  trust.flatMap((statement) => (statement?.Effect === 'Allow' ? principalsIn(statement) : []))

const principalsIn = ({ Principal: of }: Statement): readonly Principal[] =>
  of === '*' ? [{ kind: 'AWS', name: '*' }] : kinds.flatMap((kind) => (of[kind] ?? []).map((name) => ({ kind, name })))

/**
 * Whether a trust policy lets a caller in. It supports exact principals, and `aud` and `sub` with StringEquals or
 * StringLike. Any other condition gives `unknown`, unless a subject already excludes the caller.
 */
export function trusts(trust: Trust, caller: Caller): Trusts {
  if (trust.includes(undefined)) return 'unknown'
  const each = trust.flatMap((statement) => (statement ? [{ statement, applies: appliesTo(statement, caller) }] : []))
  const of = (effect: Statement['Effect']) =>
    each.filter(({ statement }) => statement.Effect === effect).map(({ applies }) => applies)
  const [allows, denies] = [of('Allow'), of('Deny')]
  if (allows.every((applies) => applies === 'no') || denies.includes('yes')) return 'no'
  return allows.includes('yes') && denies.every((applies) => applies === 'no') ? 'yes' : 'unknown'
}

function appliesTo(statement: Statement, caller: Caller): Trusts {
  const wanted = caller.kind === 'Federated' ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole'
  if (!statement.Action.some((action) => meet(globOf(action.toLowerCase()), literalOf(wanted.toLowerCase()))))
    return 'no'
  const principals = principalsIn(statement)
  const issuers = principals.flatMap((principal) => issuerIfCaller(principal, caller) ?? [])
  if (issuers.length === 0) return principals.some(({ name }) => namesSession(name, caller)) ? 'unknown' : 'no'
  return allOf(issuers, statement, caller)
}

/** The prefix of the condition keys of a caller that this principal names; undefined if it names another. */
function issuerIfCaller({ kind, name }: Principal, caller: Caller): string | undefined {
  if (kind === 'AWS' && name === '*') return caller.kind === 'Federated' ? caller.issuer : ''
  if (kind !== caller.kind) return undefined
  if (caller.kind === 'Service') return name === caller.name ? '' : undefined
  if (caller.kind === 'AWS') return namesRole(name, caller.arn) ? '' : undefined
  const issuer = name === '*' ? caller.issuer : name.replace(/^arn:[^:]*:iam::\d*:oidc-provider\//, '')
  return issuer === caller.issuer || issuer.startsWith(`${caller.issuer}/`) ? issuer : undefined
}

/** The role itself, or its whole account. */
export function namesRole(principal: string, role: string): boolean {
  const [, partition, , , account] = role.split(':')
  return [role, account, `arn:${partition}:iam::${account}:root`].includes(principal)
}

/** Whether the principal is a session of the role, whose name the caller may choose. */
function namesSession(principal: string, caller: Caller): boolean {
  if (caller.kind !== 'AWS') return false
  const [, partition, , , account] = caller.arn.split(':')
  return principal.startsWith(`arn:${partition}:sts::${account}:assumed-role/${caller.arn.split('/').at(-1)}/`)
}

/** Whether a trust policy names the role, its sessions or everyone: within one account that suffices. */
export const namesItself = (trust: Trust, caller: Caller): boolean =>
  caller.kind === 'AWS' &&
  principalsOf(trust).some(({ name }) => name === caller.arn || name === '*' || namesSession(name, caller))

/** All conditions must hold. A false one decides; an unsupported one gives `unknown`. */
function allOf(issuers: readonly string[], { Condition = {}, Effect }: Statement, caller: Caller): Trusts {
  const each = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => holds(operator, key, values, { issuers, caller })),
  )
  if (each.includes('no')) return 'no'
  if (each.includes('unknown')) return 'unknown'
  // A denial may cover only some of the caller's tokens.
  return Effect === 'Deny' && each.length > 0 ? 'unknown' : 'yes'
}

type About = { issuers: readonly string[]; caller: Caller }

function holds(operator: string, key: string, values: unknown, { issuers, caller }: About): Trusts {
  const texts = OneOrMore.safeParse(values).data
  const understood = (operator === 'StringEquals' || operator === 'StringLike') && texts !== undefined
  if (!understood || caller.kind !== 'Federated' || texts.some((text) => text.includes('${'))) return 'unknown'
  const names = (claim: string) => issuers.some((issuer) => key.toLowerCase() === `${issuer}:${claim}`.toLowerCase())
  if (names('aud')) return texts.length > 0 ? 'yes' : 'unknown'
  if (!names('sub')) return 'unknown'
  const answers = texts.map((text) => subjectOf(text, operator === 'StringLike' ? globOf : literalOf, caller))
  return answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer === 'unknown') ?? 'no'
}

/** Whether a subject of the caller's tokens fits this text of a condition. */
function subjectOf(
  text: string,
  read: (text: string) => Glob,
  { subjects, possible, others = '' }: TokenCaller,
): Trusts {
  if (subjects.some((each) => meet(read(text), globOf(each)))) return 'yes'
  const without = read(text.toLowerCase())
  if ([...subjects, ...possible].some((each) => meet(without, globOf(each.toLowerCase())))) return 'unknown'
  return text.startsWith(others) ? 'no' : 'unknown'
}

/** The principals of each statement; `undefined` for an unsupported one. */
export function principalsPerStatement(text: string): readonly (Principal | undefined)[] {
  const trust = readTrust(text)
  return [...principalsOf(trust), ...(trust.includes(undefined) ? [undefined] : [])]
}
