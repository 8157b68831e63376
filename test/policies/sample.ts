import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { currentSchema } from '../../functions/adapters/policy-folder/compile-folder.ts'
import type { Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { compileFolder } from '../support/policies/compile-folder.ts'
import { root } from '../support/repository.ts'
import { sampleBundle } from '../support/world.ts'

export const sampleFolder = join(root, 'policies')
export const sampleDeployment = join(__dirname, 'deployment.json')

export const compileSample = sampleBundle

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any

/** A copy of the sample for a test to spoil. */
export class Copy {
  readonly #path = mkdtempSync(join(tmpdir(), 'hotwork-policies-'))

  constructor() {
    cpSync(sampleFolder, join(this.#path, 'policies'), { recursive: true })
    cpSync(sampleDeployment, join(this.#path, 'deployment.json'))
  }

  at = (file: string): string => join(this.#path, file)

  edit(file: string, change: (text: string) => string): void {
    const before = readFileSync(this.at(file), 'utf8')
    const after = change(before)
    if (after === before) throw new Error(`the edit of ${file} changed nothing`)
    writeFileSync(this.at(file), after)
  }

  editJson(file: string, change: (json: Json) => void): void {
    this.edit(file, (text) => {
      const json = JSON.parse(text)
      change(json)
      return JSON.stringify(json, null, 2)
    })
  }

  add(file: string, text: string): void {
    writeFileSync(this.at(file), text)
  }

  remove(file: string): void {
    rmSync(this.at(file))
  }

  /** The line, from 1, of the first occurrence of a text. */
  lineOf(file: string, text: string): number {
    const whole = readFileSync(this.at(file), 'utf8')
    const at = whole.indexOf(text)
    if (at < 0) throw new Error(`${file} does not hold ${text}`)
    return whole.slice(0, at).split('\n').length
  }

  /** Generates the schema from the catalogue, as `--write-schema` does. */
  writeSchema(): void {
    const made = currentSchema(this.at('policies'), this.at('deployment.json'), cedar)
    if (Array.isArray(made)) throw new Error(made.map(({ message }) => message).join('\n'))
    writeFileSync(made.file, made.text)
  }

  compile(): { ok: true; bundle: Bundle } | { ok: false; problems: Problem[] } {
    const compiled = compileFolder(this.at('policies'), this.at('deployment.json'))
    if (compiled.ok) return compiled
    return { ok: false, problems: compiled.problems.map((it) => ({ ...it, file: relative(this.#path, it.file) })) }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true })
  }
}
