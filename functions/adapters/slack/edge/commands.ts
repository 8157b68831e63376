import type { App, SlashCommand } from '@slack/bolt'
import type { Person } from '../../../domain/people/organisation.ts'
import type { PersonId, RequestId } from '../../../domain/values.ts'
import type { NotFound } from '../../../operations/requests/read-requests.ts'
import { showModal } from '../forms/modal-blocks.ts'
import { longestReason } from '../forms/review-form.ts'
import { breakGlass } from '../home/break-glass.ts'
import { revokeTold } from '../home/home.ts'
import { standInFormFor } from '../home/stand-ins.ts'
import { type Carried, carriedOf, onceFor, whoDid } from './click.ts'
import { patience } from './client.ts'
import {
  command,
  helpReply,
  listReply,
  type Reply,
  revokedReply,
  sayReply,
  showReply,
  typedWord,
} from './command-answers.ts'
import type { EdgeOptions } from './edge-options.ts'
import { notOpened, sentenceFor } from './sentences.ts'

/** Somebody who is somebody, what they typed after the verb, and what a form is opened by. */
type Typed = { person: PersonId; who: { ok: true; person: Person }; rest: string; trigger: string; carried: Carried }
/** What is answered; nothing where a form has been opened instead. */
type Do = (typed: Typed, options: EdgeOptions) => Promise<Reply | undefined>

const doing: { readonly [verb: string]: Do } = {
  '': async () => helpReply(),
  help: async () => helpReply(),
  list: async ({ person }, { overview, bundle, now }) => listReply(await overview(person), bundle, now()),
  show: async ({ person, rest }, options) => {
    const { bundle, find, read, page } = options
    if (rest.trim() === '') return helpReply('Say which request: its id, or how the id begins.')
    const found = await find(idIn(rest))
    if (!found.ok) return sayReply(notFound[found.code])
    const state = await read({ id: found.value, person })
    return state.ok
      ? showReply(state.value, bundle, { page })
      : sayReply(sentenceFor(state.code, { directory: bundle.directory, page }))
  },
  revoke: async ({ person, rest, carried }, options) => {
    const [given = '', reason = ''] = splitOnce(rest)
    if (reason === '') return helpReply('Nothing was revoked: say which request, and why, since everybody will ask.')
    const found = await options.find(idIn(given))
    if (!found.ok) return sayReply(`Nothing was revoked. ${notFound[found.code]}`)
    return revoke(found.value, person, [...reason].slice(0, longestReason).join(''), carried, options)
  },
  'break-glass': breakGlass,
  away: async ({ who, trigger, carried }, options) =>
    (await showModal(trigger, standInFormFor(who, options), carried, options)) ? undefined : sayReply(notOpened),
}

/**
 * `/hotwork`: what concerns whoever types it, answered to them alone. It is taken once: a copy of it would be answered to
 * whoever sent the copy.
 */
export function registerCommands(app: App, options: EdgeOptions): void {
  app.command(command, async (typed) => {
    const carried = carriedOf(typed)
    const { done, value } = await inTimeToAnswer(typed.command, carried, options)
    const reply = done ? value : sayReply(notAnsweredYet)
    await (reply === undefined ? typed.ack() : typed.ack({ response_type: 'ephemeral', ...reply }))
  })
}

async function inTimeToAnswer(typed: SlashCommand, carried: Carried, options: EdgeOptions) {
  try {
    const answered = await carried.deadline.within(answerTo(typed, carried, options), patience.tell)
    if (answered.done) return answered
    options.log.warn('command not answered in time')
  } catch (fault) {
    options.log.warn('command not answered', { fault: fault instanceof Error ? fault.name : 'unknown' })
  }
  return { done: false, value: undefined } as const
}

async function answerTo(typed: SlashCommand, carried: Carried, options: EdgeOptions): Promise<Reply | undefined> {
  const who = await whoDid({ id: typed.user_id, team_id: typed.team_id }, carried, options)
  if (!who.ok) return sayReply(who.sentence, who.link)
  if (!(await options.claim(onceFor(carried, 'command')))) return sayReply('This command had arrived before.')
  const [verb = '', rest = ''] = splitOnce(typed.text)
  const act = Object.hasOwn(doing, verb.toLowerCase()) ? doing[verb.toLowerCase()] : undefined
  if (!act) return helpReply(`There is no “${typedWord(verb)}” here.`)
  return act({ person: who.person.id, who, rest, trigger: typed.trigger_id, carried }, options)
}

async function revoke(id: RequestId, person: PersonId, reason: string, carried: Carried, options: EdgeOptions) {
  const told = await revokeTold({ id, person, reason }, carried, options)
  return told.done ? revokedReply(told.state, options.bundle) : sayReply(told.sentence)
}

const notAnsweredYet =
  'The store has not answered yet. If you were revoking, look at the card before you do it again: it shows what was recorded.'

const notFound: { readonly [Code in NotFound]: string } = {
  unknown_request: 'There is no such request here, or it is so old that it takes its whole id.',
  ambiguous: 'More than one request begins like that; write more of its id.',
  too_many: 'So many requests are open that only a whole id will do.',
}

/** The first word and the rest. */
function splitOnce(text: string): readonly [string | undefined, string | undefined] {
  const [, word, rest] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(text) ?? []
  return [word, rest]
}

/** An id as people paste it: out of a code span, or in capitals. */
const idIn = (text: string): string =>
  text
    .trim()
    .replace(/^`+|`+$/g, '')
    .toLowerCase()
