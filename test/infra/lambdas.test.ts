import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as z from 'zod'
import { actOf, allKinds, CredentialKind, kinds, wordsOf } from '../../functions/targets/kinds.ts'
import { type Descriptor, descriptors, functions, rowOf } from '../../infra/functions.ts'
import { statementKinds } from '../../infra/statements.ts'
import { root } from './support/assembly.ts'

/** The Lambdas of a target are data beside their entries: infra has no list of them, and takes any that has this form. */

const Lambda = z.strictObject({
  verb: z.enum(['issue', 'call', 'end', 'tell', 'reconcile', 'report']),
  name: z.string().regex(/^[a-z]+(-[a-z]+)+$/),
  caller: z.enum(['agents', 'tools', 'people', 'pages', 'channels', 'streams', 'timers', 'transmitters']),
  policy: z.enum(['none', 'facts', 'answers']),
  asDeployed: z.literal(true).optional(),
  reserved: z.int().positive().optional(),
  alarm: z.literal(true).optional(),
  seconds: z.int().min(1).max(900).optional(),
  megabytes: z.int().min(128).max(10_240).optional(),
  role: z.string().optional(),
  chains: z.array(z.string().regex(/^[a-z]+[_:]$/)).optional(),
  rows: z.array(z.string().regex(/^[A-Z]+#$/)).optional(),
  texts: z.literal(true).optional(),
  showsTexts: z.literal(true).optional(),
  signs: z.array(z.enum(statementKinds)).optional(),
  why: z.string().optional(),
} satisfies { [member in keyof Descriptor]-?: z.ZodType })

const files = globSync('functions/targets/*/lambdas.json', { cwd: root })

test('each has the form of a descriptor, and a file beside it that is its entry', () => {
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const lambdas = z.array(Lambda).parse(JSON.parse(readFileSync(join(root, file), 'utf8')))
    for (const { name } of lambdas)
      expect([name, existsSync(join(root, dirname(file), `${name}.ts`))]).toEqual([name, true])
    // A shared Lambda would have the rights of both.
    expect(new Set(lambdas.map(({ verb }) => verb)).size).toBe(lambdas.length)
  }
})

test('no two have one name or one role, and none has those of another function', () => {
  const rows = functions.map((name) => ({ name, role: rowOf(name).role }))
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  const roles = rows.flatMap(({ role }) => role ?? [])
  expect(new Set(roles).size).toBe(roles.length)
})

test('a kind that is called has a Lambda that calls, and one with credentials of its own has two that issue and end', () => {
  const verbs: { [act: string]: readonly string[] } = { call: ['call'], access_token: [] }
  for (const { id, credentials } of allKinds) {
    // It is the beginning of a variable's name.
    expect(id).toMatch(/^[a-z]+$/)
    const needed = Object.values(credentials).flatMap(({ act }) => verbs[act] ?? ['issue', 'end'])
    expect((descriptors[id] ?? []).map(({ verb }) => verb)).toEqual(expect.arrayContaining(needed))
  }
})

test('a kind stands under its id, and a credential of one name is the same in all kinds', () => {
  for (const [id, kind] of Object.entries(kinds)) expect(kind.id).toBe(id)
  for (const { credentials } of allKinds)
    for (const [name, { act, words }] of Object.entries(credentials))
      expect([name, actOf(CredentialKind.parse(name)), wordsOf(name)]).toEqual([name, act, words])
})

test('each is one of the functions, which are read of all folders', () => {
  expect(Object.keys(descriptors).sort()).toEqual(files.map((file) => basename(dirname(file))).sort())
  for (const { name } of Object.values(descriptors).flat()) expect(functions).toContain(name)
})
