import type { RichTextElement } from '@slack/types'
import type { Log } from '../../../operations/ports.ts'
import { type CardBlock, rich, section } from '../cards/blocks.ts'
import { type Carried, carriedOf } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'

/** As much of a press on a control beside a message as answering it takes. */
type Press = { ack(): Promise<void>; body: { response_url?: unknown }; context: object }

/**
 * Does what a control beside a message is for, and tells whoever pressed it in private what there is to be told: nothing,
 * where a card or a form says enough.
 */
export async function answerClick(
  press: Press,
  { whisper }: Pick<EdgeOptions, 'whisper'>,
  act: (carried: Carried) => Promise<Said | undefined>,
): Promise<void> {
  await press.ack()
  const carried = carriedOf(press)
  const said = await act(carried)
  if (said !== undefined) await carried.deadline.within(whisper(press.body.response_url, said), patience.answer)
}

/** A sentence; or one with a time in it, which each reads in their own zone, and something to press beneath it. */
export type Said = string | { sentence: string; parts: readonly RichTextElement[]; blocks: readonly CardBlock[] }

/** Tells one person something, in private, where they pressed. Never throws: it is told if it can be. */
export type Whisper = (responseUrl: unknown, said: Said) => Promise<void>

const timeoutMs = 2_000

/**
 * Whispers through an interaction's `response_url`. That address came signed by Slack, and still it is only used when it
 * is one of Slack's own, so that nothing can make this function call elsewhere.
 *
 * @param apiUrl where Slack's Web API is; another than Slack's (the desk) answers on its own origin
 */
export function createEphemeral(apiUrl: string, log: Log, fetcher: typeof fetch = fetch): Whisper {
  const origins = originsFor(apiUrl)
  return async (responseUrl, said) => {
    if (typeof responseUrl !== 'string' || !URL.canParse(responseUrl) || !origins.includes(new URL(responseUrl).origin))
      return log.warn('cannot tell the clicker: no response_url of ours')
    try {
      const answer = await fetcher(responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...bodyOf(said) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!answer.ok) log.warn('cannot tell the clicker', { status: answer.status })
    } catch (cause) {
      log.warn('cannot tell the clicker', { fault: cause instanceof Error ? cause.name : 'unknown' })
    }
  }
}

const slackHooks = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

const originsFor = (apiUrl: string): readonly string[] => {
  const { origin, hostname } = new URL(apiUrl)
  return /(^|\.)slack(-gov)?\.com$/.test(hostname) ? slackHooks : [origin]
}

/** Blocks take the place of the text, which only notifications show then. */
const bodyOf = (said: Said) =>
  typeof said === 'string'
    ? { text: escaped(said) }
    : {
        text: escaped(said.sentence),
        blocks: [rich('said', section(...said.parts)), ...said.blocks],
      }

/** Here Slack does read markup, and a directory's names are in it. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/[*~`]/g, '')
