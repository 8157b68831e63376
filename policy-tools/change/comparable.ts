import { maxAgeOf } from '../../functions/domain/people/identity-issuer.ts'
import type { Agent, Directory } from '../../functions/domain/people/organisation.ts'
import type { Bundle, Deployment } from '../../functions/domain/policy/bundle.ts'
import { type Calendar, zoneOf } from '../../functions/domain/policy/calendar.ts'
import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { type Ladder, limitsOf, rateOf, type Stage } from '../../functions/domain/policy/ladder.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'
import { sourceAccountNames, sourceOf } from '../../functions/group-sources/kinds.ts'

/**
 * What of a bundle is compared member by member: all but policies, which Cedar decides, and rules of resources. Where a value
 * permits something and may be replaced, it stands as a list or by its name, so that the new one and the old one are told apart.
 */
export function comparable({
  hash: _,
  policies: __,
  resources: ___,
  show = {},
  observed = {},
  ...bundle
}: Bundle): JsonObject {
  return {
    ...bundle,
    schema: handWritten(bundle.schema),
    actions: Object.fromEntries(Object.values(bundle.actions).map((entry) => [entry.name, comparableEntry(entry)])),
    ladder: comparableLadder(bundle.ladder),
    directory: comparableDirectory(bundle.directory),
    agents: bundle.agents.map(comparableAgent),
    deployment: comparableDeployment(bundle.deployment),
    classes: show,
    observed: Object.assign({}, ...Object.values(observed)),
    calendar: comparableCalendar(bundle.calendar),
  } as unknown as JsonObject
}

/** Each period of a freeze by its beginning. */
function comparableCalendar(calendar: Calendar = { windows: {}, freezes: {} }) {
  const { dates = {}, windows, freezes } = calendar
  const periods = Object.entries(freezes).map(([name, all]) => [
    name,
    Object.fromEntries(
      all.map(({ from, ...period }) => [new Date(from * 1000).toISOString().replace('.000Z', 'Z'), period]),
    ),
  ])
  return { zone: zoneOf(calendar), dates, windows, freezes: Object.fromEntries(periods) }
}

/** The rest follows from the catalogue. */
const handWritten = (schema: string): string => schema.split(/^ *\/\/ Generated from /m)[0] ?? ''

const comparableLadder = ({ tiers, ...ladder }: Ladder) => ({
  tiers: tiers.map(({ stages, ...tier }) => ({ ...tier, stages: stages.map(comparableStage) })),
  limits: {
    ...limitsOf(ladder),
    submissions: rateOf(ladder, 'submissions'),
    evaluations: rateOf(ladder, 'evaluations'),
    heldReads: rateOf(ladder, 'heldReads'),
  },
})

function comparableStage({ onSilence, ...stage }: Stage) {
  if (onSilence === 'expire') return { ...stage, escalateTo: {} }
  const { escalateTo, ...terms } = onSilence
  return { ...stage, escalateTo: { [escalateTo]: terms } }
}

const accounts = ['chatUser', ...sourceAccountNames] as const

function comparableDirectory({ people, sources = {}, recertifyGroups = {}, ...directory }: Directory) {
  return {
    ...directory,
    recertifyGroups,
    people: people.map((person) => ({
      ...person,
      ...Object.fromEntries(accounts.map((each) => [each, listed(person[each])])),
    })),
    sources: Object.fromEntries(
      Object.entries(sources).map(([group, sourced]) => [
        group,
        { ...sourced, source: [sourceOf(sourced.source).key] },
      ]),
    ),
  }
}

const listed = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value])

const comparableAgent = ({ owner, backupOwner, runsOn, ...agent }: Agent) => ({
  ...agent,
  runsOn: Object.entries(runsOn).flat().join(' '),
  answers: { [owner]: 'owner', ...(backupOwner === undefined ? {} : { [backupOwner]: 'backup owner' }) },
})

const comparableDeployment = ({ issuers, ...deployment }: Deployment) => ({
  ...deployment,
  issuers: Object.fromEntries(
    Object.entries(issuers).map(([alias, issuer]) => [alias, { ...issuer, maxAge: maxAgeOf(issuer) }]),
  ),
  accounts: comparableAccounts(deployment),
})

const comparableAccounts = ({ accounts }: Pick<Deployment, 'accounts'>) =>
  Object.fromEntries(
    Object.entries(accounts).map(([alias, { unjudgedConditions = [], ...account }]) => [
      alias,
      { ...account, unjudgedConditions },
    ]),
  )

function comparableEntry({ statement, preview, ...rest }: CatalogueEntry) {
  const entry = preview ? { ...rest, preview: { ...preview, atMost: preview.atMost ?? {} } } : rest
  return statement ? { ...entry, statement: comparableStatement(statement) } : entry
}

function comparableStatement({ conditions, whenAbsent = {}, ...statement }: Statement) {
  const absent = Object.entries(whenAbsent).map(([name, each]) => [name, comparableConditions(each)])
  return { ...statement, conditions: comparableConditions(conditions), whenAbsent: Object.fromEntries(absent) }
}

type Statement = NonNullable<CatalogueEntry['statement']>

/** By operator and key. An operator with `IfExists` passes a call that leaves the key out. */
function comparableConditions(conditions: Statement['conditions'] = {}): JsonObject {
  const all: { [name: string]: Json } = {}
  for (const [operator, keys] of Object.entries(conditions))
    for (const [key, templates] of Object.entries(keys)) {
      const plain = operator.replace(/IfExists$/, '')
      const both = plain !== operator && conditions[plain]?.[key] !== undefined
      all[`${both ? operator : plain} ${key}`] = { ifExists: plain !== operator, values: [templates].flat() }
    }
  return all
}
