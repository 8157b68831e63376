import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { wrongUsage } from '../trouble.ts'

/** What is to be opened, as it was typed. */
export type WhatTyped = {
  profile?: string | undefined
  action?: string | undefined
  arguments?: string | undefined
  resource?: readonly string[] | undefined
}

/** What is to be opened, as the API takes it: a profile, or one action of the catalogue with its arguments. @throws Refusal */
export function readWhat(typed: WhatTyped, folder: string): { [member: string]: unknown } {
  const { profile, action, arguments: args, resource } = typed
  if ((profile === undefined) === (action === undefined))
    throw wrongUsage(
      'what is to be opened?',
      'give either `--profile NAME`, or `--action NAME` with `--arguments JSON`',
    )
  if (profile !== undefined) {
    if (args === undefined && resource === undefined) return { profile }
    throw wrongUsage('a profile takes no arguments', 'leave `--arguments` and `--resource` out, or name an `--action`')
  }
  if (args === undefined)
    throw wrongUsage(
      'with which arguments?',
      `give \`--arguments '{"Name": ...}'\` or \`--arguments @FILE\`, with what ${action} is to be called with`,
    )
  if (resource === undefined) return { action, arguments: readArguments(args, folder) }
  const [type, id, ...more] = resource
  if (type === undefined || id === undefined || more.length > 0)
    throw wrongUsage(
      'which resource?',
      '`--resource` takes a type and an id: `--resource ssm:parameter arn:aws:ssm:...`',
    )
  return { action, arguments: readArguments(args, folder), resource: { type, id } }
}

function readArguments(typed: string, folder: string): object {
  const text = typed.startsWith('@') ? readText(resolve(folder, typed.slice(1))) : typed
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // What was typed is not repeated: it may be what nobody else should read.
  }
  throw wrongUsage(
    '`--arguments` is no JSON object',
    'quote it for your shell: `--arguments \'{"Name": "/prod/..."}\'`, or use `--arguments @FILE`',
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw wrongUsage(
      `\`${file}\` cannot be read`,
      '`--arguments @FILE` takes the path of a file with a JSON object in it',
    )
  }
}
