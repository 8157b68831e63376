// Rules: test/local/demo-options.test.ts
import { parseArgs } from 'node:util'

export const usage = `usage: npm run demo -- [--all | --chapter NAME... | --request FILE] [--record FILE] [--keep]
       npm run demo -- --list

  without options  the main job: an agent asks, two people approve, it acts, and afterwards it is refused
  --all            every chapter
  --chapter NAME   this chapter, after those that it needs; may be given again
  --request FILE   one AuthZEN evaluation body of yours, on the stack that runs already if one does
  --list           names the chapters, and starts nothing
  --record FILE    writes what the moving picture of the first page shows, which \`npm run pictures\` draws
  --keep           leaves the local stack running when the demo is over, until Ctrl-C
`

export type What = { list: true } | { request: string } | { chapters: readonly string[] }
export type Options = What & { keep: boolean; state: string; record?: string | undefined }

/** @throws Error that describes the wrong options */
export function readOptions(args: readonly string[], all: readonly string[], mainJob: readonly string[]): Options {
  const {
    list,
    request,
    chapter,
    all: every,
    ...others
  } = parseArgs({
    args: [...args],
    options: {
      all: { type: 'boolean', default: false },
      chapter: { type: 'string', multiple: true },
      keep: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      record: { type: 'string' },
      request: { type: 'string' },
      state: { type: 'string', default: '.hotwork' },
    },
  }).values
  const chosen = [list && '--list', every && '--all', request !== undefined && '--request', chapter && '--chapter']
  const given = chosen.filter((name) => typeof name === 'string')
  if (given.length > 1) throw new Error(`${given.join(' and ')} do not go together; give one of them`)
  const unknown = chapter?.filter((name) => !all.includes(name)) ?? []
  if (unknown.length > 0) throw new Error(`unknown chapter ${unknown.join(', ')}; the chapters are ${all.join(', ')}`)
  if (list) return { list, ...others }
  if (request !== undefined) return { request, ...others }
  return { chapters: every ? all : (chapter ?? mainJob), ...others }
}
