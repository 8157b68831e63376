import * as z from 'zod'
import { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import type { AskTerm } from '../../../functions/domain/record/ask-term.ts'
import { askTerms } from '../../../functions/domain/record/ask-terms.ts'

/** Rules of every row: a new fact of an ask reaches people and derived requests. */

const rows: readonly (readonly [string, AskTerm])[] = Object.entries(askTerms)
const said = rows.filter(([, { body }]) => body !== undefined)
const approved = said.filter(([, { digests = [] }]) => digests.includes('request'))

test.each(approved)('people approve `%s`, so two asks that differ in it are not alike', (_, { digests }) => {
  expect(digests).toContain('open')
})

test.each(approved)('people approve `%s`, so they read it', (_, { readBy }) => {
  expect(readBy).toContain('people')
})

test.each(approved)('a standing permit holds an ask to `%s`, or is not spent on it', (term, { asksPeople }) => {
  const isHeld = Object.hasOwn(StandingPermit.shape, term)
  // One permit serves several tasks, each with evidence of its own.
  expect(asksPeople === true || isHeld || term === 'parentTask' || term === 'evidence').toBe(true)
})

test.each(approved)('a delegated request has `%s` of its parent, or begins after it', (term, { passedTo = [] }) => {
  // Revision and evidence are the parent's: its child was asked for by no other words.
  const isOfItsOwnAsk = ['notBefore', 'revises', 'evidence'].includes(term)
  expect(passedTo.includes('delegation') || isOfItsOwnAsk).toBe(true)
})

test('each term has a name of its own on the wire', () => {
  const names = rows.map(([key, { name = key }]) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  expect(
    names.filter((name) => said.some(([key, { name: own = key }]) => own === name) && !/^[a-z_]+$/.test(name)),
  ).toEqual([])
})

test.each(rows.filter(([, row]) => row.said))('`%s` is a text, since it is drawn as one', (_, { schema }) => {
  // One of a few words is a text too.
  const [text = 'text'] = z.toJSONSchema(schema).enum ?? []
  expect([typeof text, schema.safeParse(text).success]).toEqual(['string', true])
  expect(schema.safeParse(7).success).toBe(false)
})
