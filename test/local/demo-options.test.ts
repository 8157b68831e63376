import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions } from '../../local/demo/options.ts'
import { root } from '../support/repository.ts'
import { endPrograms, makeFolder, removeFolders, runModule, startProgram } from './support/programs.ts'

const all = ['story', 'ledger', 'drift']
const mainJob = ['story', 'ledger']
const read = (...args: string[]) => readOptions(args, all, mainJob)
const otherwise = { keep: false, state: '.hotwork' }

test.each<[what: string, args: string[], options: object]>([
  ['no option is the main job', [], { ...otherwise, chapters: mainJob }],
  ['`--all` is every chapter', ['--all'], { ...otherwise, chapters: all }],
  ['`--chapter` is one chapter', ['--chapter', 'drift'], { ...otherwise, chapters: ['drift'] }],
  [
    '`--chapter` twice is two chapters',
    ['--chapter', 'drift', '--chapter=ledger'],
    { ...otherwise, chapters: ['drift', 'ledger'] },
  ],
  ['`--list` lists the chapters', ['--list'], { ...otherwise, list: true }],
  ['`--request` names a file', ['--request', 'mine.json'], { ...otherwise, request: 'mine.json' }],
  ['`--keep` keeps the stack', ['--all', '--keep'], { ...otherwise, chapters: all, keep: true }],
  ['`--state` names another folder', ['--state', 'other'], { chapters: mainJob, keep: false, state: 'other' }],
])('%s', (_what, args, options) => {
  expect(read(...args)).toEqual(options)
})

test.each<[what: string, args: string[], says: string]>([
  ['an unknown chapter, with the names', ['--chapter', 'nix'], 'unknown chapter nix; the chapters are story,'],
  ['two things to tell', ['--all', '--request', 'x'], '--all and --request do not go together'],
  ['an unknown option', ['--every'], "Unknown option '--every'"],
  ['a word that belongs to no option', ['story'], "Unexpected argument 'story'"],
])('%s is refused', (_what, args, says) => {
  expect(() => read(...args)).toThrow(says)
})

describe('the program', () => {
  afterEach(async () => {
    await endPrograms()
    removeFolders()
  })

  test.each<[what: string, args: string[], exit: number, says: RegExp]>([
    ['the list names the chapters', ['--list'], 0, /^story +.*\nledger +/],
    ['an unknown chapter ends with 2', ['--chapter', 'nix'], 2, /unknown chapter nix; .*\bplan\b.*\n\nusage: /],
  ])('%s, and starts nothing', async (_what, args, exit, says) => {
    const folder = makeFolder()
    const program = startProgram(['local/demo.ts', '--state', folder, ...args])
    expect(await program.ends).toBe(exit)
    expect(program.printed()).toMatch(says)
    expect(readdirSync(folder)).toEqual([])
  })

  test('the demo in a checkout without `dist/` names the command that builds it, and still lists its chapters', async () => {
    const checkout = makeFolder()
    for (const name of ['client', 'examples', 'functions', 'infra', 'local', 'policies', 'package.json'])
      cpSync(join(root, name), join(checkout, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
    const demo = (...args: string[]) => startProgram([join(checkout, 'local/demo.ts'), ...args])
    const [listed, told] = [demo('--list'), demo()]
    expect([await listed.ends, await told.ends]).toEqual([0, 1])
    expect(told.printed()).toBe('the demo needs `dist/`, which is missing: run `npm run build`, then this again\n')
  })
})

test('no sentence of the demo calls Hotwork by the name of a class', () => {
  const folder = join(root, 'local/demo/chapters')
  const sentences = readdirSync(folder).flatMap(
    (name) => readFileSync(join(folder, name), 'utf8').match(/expect\(\s*(['"`]).*?\1,/gs) ?? [],
  )
  expect(sentences.length).toBeGreaterThan(40)
  expect(sentences.filter((sentence) => sentence.includes('AgentApi'))).toEqual([])
})

test('a property that a sample did not break is not called proved', () => {
  const [sampled, proved] = runModule<string[]>(`
    import { wordsOf } from './local/demo/chapters/policy-change.ts'
    const properties = ['holds', 'unproved'].map((outcome) => ({ kind: 'people', claim: 'no', outcome }))
    const words = (by) => wordsOf({ by, properties, milliseconds: 1500 })
    process.stdout.write(JSON.stringify([words({ sample: 1000 }), words({ proof: {} })]))
  `)
  expect(sampled).toBe('1 of 2 properties not broken by 1000 random questions, nothing is proved, in 1.5 s')
  expect(proved).toBe('1 of 2 properties proved, in 1.5 s')
})

test('each chapter is registered once, after the one that it needs, and the main job is some of them', () => {
  const { names, main, alone, told } = runModule<Record<'names' | 'main' | 'alone' | 'told', string[]>>(`
    import { chapterNames, mainJob, withNeeds } from './local/demo/chapters.ts'
    import { readdirSync } from 'node:fs'
    const folder = './local/demo/chapters/'
    const parts = await Promise.all(readdirSync(folder).map((file) => import(folder + file)))
    process.stdout.write(JSON.stringify({
      names: chapterNames,
      main: mainJob,
      alone: withNeeds(['ledger']),
      told: parts.flatMap((part) => Object.keys(part)).filter((name) => name.startsWith('tell')),
    }))
  `)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toEqual(expect.arrayContaining(main))
  expect(alone).toEqual(['story', 'ledger'])
  // One more function tells a request of the caller's own.
  expect(told).toHaveLength(names.length + 1)
})
