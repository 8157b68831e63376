import { readdirSync } from 'node:fs'
import { readOptions } from '../../infra/local/demo/options.ts'
import { endPrograms, makeFolder, removeFolders, runModule, startProgram } from './support/programs.ts'

const all = ['story', 'ledger', 'drill']
const mainJob = ['story', 'ledger']
const read = (...args: string[]) => readOptions(args, all, mainJob)
const otherwise = { keep: false, state: '.hotwork' }

describe('the options of the demo', () => {
  test.each<[what: string, args: string[], options: object]>([
    ['none is the main job', [], { ...otherwise, chapters: mainJob }],
    ['every chapter', ['--all'], { ...otherwise, chapters: all }],
    ['one chapter', ['--chapter', 'drill'], { ...otherwise, chapters: ['drill'] }],
    ['two chapters', ['--chapter', 'drill', '--chapter=ledger'], { ...otherwise, chapters: ['drill', 'ledger'] }],
    ['a list', ['--list'], { ...otherwise, list: true }],
    ['a request', ['--request', 'mine.json'], { ...otherwise, request: 'mine.json' }],
    ['a stack that stays', ['--all', '--keep'], { ...otherwise, chapters: all, keep: true }],
    ['another state folder', ['--state', 'other'], { chapters: mainJob, keep: false, state: 'other' }],
  ])('%s', (_what, args, options) => {
    expect(read(...args)).toEqual(options)
  })

  test.each<[what: string, args: string[], says: string]>([
    ['an unknown chapter, with the names', ['--chapter', 'nix'], 'no chapter is called nix; the chapters are story,'],
    ['two things to tell', ['--all', '--request', 'x'], '--all and --request do not go together'],
    ['an unknown option', ['--every'], "Unknown option '--every'"],
    ['a word that belongs to no option', ['story'], "Unexpected argument 'story'"],
  ])('%s is refused', (_what, args, says) => {
    expect(() => read(...args)).toThrow(says)
  })
})

describe('the program', () => {
  afterEach(async () => {
    await endPrograms()
    removeFolders()
  })

  test.each<[what: string, args: string[], exit: number, says: RegExp]>([
    ['names the chapters', ['--list'], 0, /^tier-zero +.*\nstory +/],
    [
      'ends with 2 for an unknown chapter',
      ['--chapter', 'nix'],
      2,
      /no chapter is called nix; .*\bhalts\b.*\n\nusage: /,
    ],
  ])('%s, and starts nothing', async (_what, args, exit, says) => {
    const folder = makeFolder()
    const program = startProgram(['infra/local/demo.ts', '--state', folder, ...args])
    expect(await program.ends).toBe(exit)
    expect(program.printed()).toMatch(says)
    expect(readdirSync(folder)).toEqual([])
  })
})

test('each chapter is registered once, after the one that it needs, and the main job are some of them', () => {
  const { names, main, alone, told } = runModule<Record<'names' | 'main' | 'alone' | 'told', string[]>>(`
    import { chapterNames, mainJob, withNeeds } from './infra/local/demo/chapters.ts'
    import { readdirSync } from 'node:fs'
    const folder = './infra/local/demo/chapters/'
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
  // The two others tell a request of the caller's own, and a table within a chapter.
  expect(told).toHaveLength(names.length + 2)
})
