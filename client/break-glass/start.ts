import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Opened } from '../../functions/domain/cards/wire/opening.ts'
import { proverOf } from '../journal/keys.ts'
import { type Exit, exitOfStatus, Fault, Refusal, Trouble, wrongUsage } from '../outcome.ts'
import { fact, time, timeAndSpan } from '../screen.ts'
import { awsProfile, type Context, command, show, useOf } from './context.ts'
import { rightsOf, stateOf, titleOf } from './show.ts'

export type WhatTyped = {
  profile?: string | undefined
  action?: string | undefined
  arguments?: string | undefined
  resource?: readonly string[] | undefined
}
export type StartTyped = WhatTyped & { reason: string; incident: string; minutes: number; drill: boolean }

/** Stores the key and the `Idempotency-Key` before it asks, so that a repeat of the command is the same opening. */
export async function start(typed: StartTyped, context: Context): Promise<Exit> {
  const { api, kept: openings, surroundings } = context
  const { reason, incident, minutes, drill } = typed
  const body = { ...readWhat(typed, surroundings.folder), reason, incident, minutes, ...(drill ? { drill } : {}) }
  const begun = await openings.begin(body, minutes)
  const { kept, again, place } = begun
  if (again) surroundings.err('an earlier try got no answer: asking for the same opening again\n')
  const opened = await api
    .call(Opened, {
      method: 'POST',
      path: '/v1/break-glass',
      json: body,
      headers: { 'idempotency-key': kept.idempotencyKey },
      proof: await proverOf(kept),
      opens: true,
    })
    .catch((trouble: unknown) => {
      // After a failed login no opening was asked for, so the earlier key is still needed.
      const asked = !isAboutLogin(trouble)
      if (asked ? trouble instanceof Refusal : !again) openings.forget(place)
      throw asked && trouble instanceof Fault ? askAgain(trouble) : trouble
    })
  openings.opened(begun, opened.id, opened.not_after)
  // The opening of an earlier try may have ended.
  if (opened.status !== 'approved') openings.forget(opened.id)
  const more = { key_file: openings.fileOf(opened.id), credential_process: awsProfile(context).credential_process }
  return show(context, { ...opened, ...more }, () => words(opened, context), exitOfStatus(opened.status))
}

function words(opened: Opened, context: Context): string[] {
  const { surroundings, kept } = context
  const { id, drill, incident, not_after, budget_left_minutes: left, review } = opened
  return [
    `${stateOf(opened)}  ${id}${drill ? '  DRILL, its credentials can do nothing' : ''}`,
    ...fact('what', `${titleOf(opened)}, for ${incident}`, ...rightsOf(opened)),
    ...fact('until', `${timeAndSpan(not_after, surroundings)}; ${left} min left of seven days`),
    ...useOf(opened, context),
    ...fact('end', `${command} end ${id}`),
    ...fact('review', review && `another person, by ${time(review.due_at, surroundings)}: ${command} review ${id}`),
    ...fact('key', `${kept.fileOf(id)}, deleted at the end`),
  ]
}

const loginCodes = ['login_failed', 'no_metadata', 'invalid_token', 'missing_token', 'insufficient_user_authentication']
const isAboutLogin = (trouble: unknown): boolean => trouble instanceof Trouble && loginCodes.includes(trouble.told.code)

function askAgain({ told, cause }: Fault): Fault {
  const words = 'it may be open: repeat the command, which asks for the same opening'
  return new Fault({ ...told, detail: told.detail ? `${told.detail}; ${words}` : words }, { cause })
}

/** @throws Refusal */
export function readWhat(typed: WhatTyped, folder: string): { [member: string]: unknown } {
  const { profile, action, arguments: args, resource } = typed
  if ((profile === undefined) === (action === undefined))
    throw wrongUsage(
      'the profile or action is missing',
      'give either `--profile NAME`, or `--action NAME` with `--arguments JSON`',
    )
  if (profile !== undefined) {
    if (args === undefined && resource === undefined) return { profile }
    throw wrongUsage('a profile takes no arguments', 'leave `--arguments` and `--resource` out, or name an `--action`')
  }
  if (args === undefined)
    throw wrongUsage(
      'the arguments are missing',
      `give \`--arguments '{"Name": ...}'\` or \`--arguments @FILE\`, with the arguments of ${action}`,
    )
  const what = { action, arguments: readArguments(args, folder) }
  if (resource === undefined) return what
  const [type, id, ...more] = resource
  if (type !== undefined && id !== undefined && more.length === 0) return { ...what, resource: { type, id } }
  throw wrongUsage('which resource?', '`--resource` takes a type and an id: `--resource ssm:parameter arn:aws:ssm:...`')
}

function readArguments(typed: string, folder: string): object {
  const text = typed.startsWith('@') ? readText(resolve(folder, typed.slice(1))) : typed
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Leaves out the typed text, a possible secret.
  }
  throw wrongUsage(
    '`--arguments` is not a JSON object',
    'quote it for your shell: `--arguments \'{"Name": "/prod/..."}\'`, or use `--arguments @FILE`',
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw wrongUsage(
      `\`${file}\` cannot be read`,
      '`--arguments @FILE` takes the path of a file that has a JSON object',
    )
  }
}
