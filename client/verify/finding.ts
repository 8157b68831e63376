// Rules: test/client/verify/receipt.test.ts
import type { Flaw } from '../../functions/domain/anchor/check-entries.ts'

/** One checked fact. `entry` is its ledger entry, if it has one. */
export type Finding = { check: Check; holds: boolean; words: string; entry?: string }
type Check = 'file' | 'signature' | 'time' | 'checkpoint' | 'inclusion' | 'entries' | 'texts' | 'claims' | 'log'

/** The findings of one file. `notes` names skipped checks, and how to make them. */
export type Verified = { file: string; what: string; findings: Finding[]; notes: string[] }

export const holds = (check: Check, words: string): Finding => ({ check, holds: true, words })
export const fails = (check: Check, words: string): Finding => ({ check, holds: false, words })

const wordsOfFlaw: { readonly [flaw in Flaw['flaw']]: string } = {
  altered: 'was altered: its hash does not match its content',
  replaced: 'was replaced: its hash matches its content, but is not the recorded one',
  missing: 'is missing',
  reordered: 'stands after a later entry',
  added: 'was added: it is there twice, or the log does not know it',
}

/** The most entries in a list. */
const named = 20

/** A line for each flawed entry; `words` if there is none. */
export function findingsOf(check: Check, flaws: readonly Flaw[], words: string): Finding[] {
  if (flaws.length === 0) return [holds(check, words)]
  const each = flaws.slice(0, named).map(({ entry, flaw, through }) => ({
    ...fails(check, through === undefined ? `${entry} ${wordsOfFlaw[flaw]}` : `${entry} to ${through} are missing`),
    entry,
  }))
  const more = flaws.length - each.length
  return more === 0 ? each : [...each, fails(check, `${more} more fail`)]
}

export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
