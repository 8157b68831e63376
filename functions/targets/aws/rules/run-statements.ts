// Rules: test/targets/aws/rules/check-runs.test.ts, test/policies/catalogue/judge.test.ts
import { argumentIn, fill } from '../../../domain/policy/templates.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { Account } from './account.ts'
import { type RunAction, runRules } from './runs.ts'
import { type AwsEntry, deriveStatement, facts, type Statement } from './statement.ts'

/** The statements of a runner's session: the one start, and the one role that may be passed for it. */
export function runStatements(
  entry: AwsEntry,
  action: RunAction,
  args: JsonObject,
  account: Account,
): { statements: readonly Statement[]; passes?: string | undefined } | undefined {
  const statement = deriveStatement(entry, args, account)
  const { passesTo } = runRules[action]
  if (!statement || (passesTo !== undefined && entry.runsAs === undefined)) return undefined
  if (passesTo === undefined) return { statements: [statement] }
  const passes = roleOf(entry, account) as string
  const pass = {
    actions: ['iam:PassRole'],
    resources: [passes],
    conditions: { StringEquals: { 'iam:PassedToService': passesTo } },
  }
  return { statements: [statement, pass], passes }
}

/** The ARN of the one role that a run of this entry acts as; undefined if the entry names none. */
export const roleOf = ({ runsAs }: AwsEntry, account: Account): string | undefined =>
  runsAs === undefined
    ? undefined
    : fill(runsAs, (path) => ({ ...facts(account) })[path as keyof ReturnType<typeof facts>])

/** The rights of a follower's session for one run. */
export const followStatements = (
  rights: readonly Statement[],
  args: JsonObject,
  run: string,
  account: Account,
): readonly Statement[] =>
  rights.map(({ actions, resources }) => ({
    actions,
    resources: resources.map((template) =>
      fill(template, (path) => {
        const places: { readonly [place: string]: string } = { ...facts(account), run }
        const value = Object.hasOwn(places, path) ? places[path] : args[argumentIn(path) ?? '']
        return typeof value === 'string' && isPlain(value) ? value : undefined
      }),
    ),
  }))

/** Ids of runs have colons and slashes, and nothing that IAM reads as a pattern. */
const isPlain = (value: string): boolean => /^[\w.:/+=,@-]+$/.test(value) && !value.includes('..')
