import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Copy } from '../sample.ts'

/**
 * The bad folders of a text file beside this one. A case is its name, its edits of the sample, the text that begins on
 * the line to name (`at`, in the first edited file if it names no other), and words of message and fix (`says`).
 */
type Bad = { rule: string; edits: readonly string[]; at?: { file: string; line: string }; message: string; fix: string }

/** Edits by code, under the name that `given` calls them by. */
type Givens = { readonly [name: string]: (copy: Copy) => void }

type Options = {
  every?: (copy: Copy) => void
  givens?: Givens
  /** Values that an edit may name, and change by `with`. */
  values?: { readonly [name: string]: { readonly [member: string]: unknown } }
  lineOf?: (copy: Copy, file: string, text: string) => number
}

const plain = (text: string): string =>
  text.replace(/\\(?:n|u([0-9a-f]{4}))/g, (_, code?: string) =>
    code === undefined ? '\n' : String.fromCharCode(Number.parseInt(code, 16)),
  )

const casesIn = (name: string): readonly Bad[] =>
  readFileSync(join(__dirname, name), 'utf8')
    .trim()
    .split(/\n\n+/)
    .filter((part) => !part.startsWith('# '))
    .map((part) => {
      const [rule = '', ...lines] = part.split('\n  ')
      const edits = lines.filter((line) => !/^(?:at|says)\b/.test(line))
      const [, other, line] = /^at ?(?:(policies\/\S+|deployment\.json): )?(.*)$/s.exec(lines.at(-2) ?? '') ?? []
      const [message = '', fix = ''] = (lines.at(-1) ?? '').replace(/^says /, '').split(' | ')
      const file = other ?? edits.find((edit) => !edit.startsWith('given '))?.split(': ')[0] ?? ''
      return { rule, edits, message, fix, ...(line !== undefined && { at: { file, line: plain(line) } }) }
    })

function changed(values: Options['values'], text: string): unknown {
  const [, name = '', more = '{}'] = /^([a-z]+)(?: with (.*))?$/.exec(text) ?? []
  const value = values?.[name]
  if (!value) return JSON.parse(text)
  const { claims, ...rest } = JSON.parse(more)
  return { ...value, ...rest, ...(claims && { claims: { ...Object(value['claims']), ...claims } }) }
}

const textEdits: readonly [form: RegExp, change: (whole: string, ...parts: string[]) => string][] = [
  [/^gains (.*)$/, (whole, text) => `${whole}\n${text}\n`],
  [/^begins with (.*)$/, (whole, text) => `${text}\n${whole}`],
  [/^`(.*)` → `(.*)`$/, (whole, before = '', after = '') => whole.replace(before, () => after)],
]

function edit(copy: Copy, line: string, { givens, values }: Options): void {
  const [, given] = /^given (.*)$/.exec(line) ?? []
  const [, file = '', what = ''] = /^(\S+): (.*)$/.exec(line) ?? []
  const [form, change] = textEdits.find(([form]) => form.test(what)) ?? []
  if (given !== undefined) {
    const by = givens?.[given]
    if (!by) throw new Error(`no edit is named ${given}`)
    by(copy)
  } else if (what === 'removed') copy.remove(file)
  else if (form && change) copy.edit(file, (whole) => change(whole, ...(form.exec(what) ?? []).slice(1).map(plain)))
  else copy.editJson(file, (json) => editMember(json, what, values))
}

function editMember(json: Parameters<Parameters<Copy['editJson']>[1]>[0], what: string, values: Options['values']) {
  const [, path = '', how, value = ''] = /^(\S+) (removed|=|gains|begins with) ?(.*)$/.exec(what) ?? []
  const places = path.split('.')
  const last = places.pop() ?? ''
  const parent = places.reduce((part, place) => part[place], json)
  if (how === 'removed') delete parent[last]
  else if (how === 'gains') parent[last].push(changed(values, value))
  else if (how === 'begins with') parent[last].unshift(changed(values, value))
  else parent[last] = changed(values, value)
}

export function testBadFolders(name: string, options: Options = {}): void {
  test.each(casesIn(name))('$rule is found, with its line and the fix', ({ edits, at, message, fix }) => {
    using copy = new Copy()
    options.every?.(copy)
    for (const line of edits) edit(copy, line, options)
    const compiled = copy.compile()
    const problems = compiled.ok ? [] : compiled.problems
    const said = { message: expect.stringContaining(message), fix: expect.stringContaining(fix) }
    const lineOf = options.lineOf ?? ((_, file, text) => copy.lineOf(file, text))
    const where = at && { file: at.file, line: at.line === '' ? 1 : lineOf(copy, at.file, at.line) }
    expect(problems).toContainEqual(expect.objectContaining({ ...said, ...where }))
  })
}
