import { createHmac } from 'node:crypto'
import type { RawRequest } from '../../../../functions/channels/slack/edge/guard.ts'
import type { Modal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'

export const secret = '8f742231b10e8888abcd99yyyzzz85a5'
export const teamId = 'T0HOTWORK'
export const appId = 'A0HOTWORK'
export const responseUrl = 'https://hooks.slack.com/actions/T0HOTWORK/1/x'

export const sign = (body: string, timestamp: number | string, by = secret, version = 'v0'): string =>
  `${version}=${createHmac('sha256', by).update(`${version}:${timestamp}:${body}`).digest('hex')}`

/** A request as Slack signs it; `changes` spoil it. */
export function signed(
  body: string,
  timestamp: number,
  { headers = {}, by = secret, ...changes }: Partial<RawRequest> & { by?: string } = {},
): RawRequest {
  return {
    method: 'POST',
    body,
    isBase64Encoded: false,
    ...changes,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': sign(body, timestamp, by),
      ...headers,
    },
  }
}

export const formOf = (payload: unknown): string => `payload=${encodeURIComponent(JSON.stringify(payload))}`

type Clicked = { action_id: string; value: string; block_id?: string }

const from = (user: string) => ({
  user: { id: user, username: 'person', name: 'person', team_id: teamId },
  api_app_id: appId,
  token: 'verification-tokens-are-deprecated',
  team: { id: teamId, domain: 'hotwork' },
  enterprise: null,
  is_enterprise_install: false,
})

/** Slack's request for a submitted form: the form as it was opened, and the state of each input. */
export const submissionOf = (
  user: string,
  modal: Modal,
  values: { [field: string]: string },
  changes: { [member: string]: unknown } = {},
) => ({
  type: 'view_submission',
  ...from(user),
  trigger_id: '1.2.3',
  view: {
    ...modal,
    id: 'V0FORM',
    team_id: teamId,
    app_id: appId,
    hash: '1.a',
    state: { values: stateOf(modal, values) },
  },
  response_urls: [],
  ...changes,
})

const stateOf = ({ blocks }: Modal, values: { [field: string]: string }) =>
  Object.fromEntries(
    blocks.flatMap((block) => {
      if (block.type !== 'input' || block.block_id === undefined) return []
      const {
        type,
        action_id = '',
        initial_value = null,
        initial_option,
      } = block.element as {
        type: string
        action_id?: string
        initial_value?: string
        initial_option?: { value: string }
      }
      const value = values[block.block_id] ?? initial_option?.value ?? initial_value
      // Checkboxes have their checked values, separated by commas.
      const checked = value?.split(',').map((each) => ({ value: each })) ?? []
      const chosen = value === null ? null : { value }
      const filled =
        type === 'checkboxes'
          ? { type, selected_options: checked }
          : type === 'static_select'
            ? { type, selected_option: chosen }
            : { type, value }
      return [[block.block_id, { [action_id]: filled }]]
    }),
  )

/** Slack's request for a clicked button. */
export const clickOf = (
  user: string,
  { action_id, value, block_id = 'decide' }: Clicked,
  changes: { [member: string]: unknown } = {},
) => ({
  type: 'block_actions',
  ...from(user),
  container: { type: 'message', message_ts: '1800000000.000001', channel_id: 'C0APPROVALS', is_ephemeral: false },
  trigger_id: '1.2.3',
  channel: { id: 'C0APPROVALS', name: 'hotwork-approvals' },
  message: { type: 'message', ts: '1800000000.000001', text: 'a card' },
  response_url: responseUrl,
  actions: [
    {
      type: 'button',
      action_id,
      block_id,
      value,
      text: { type: 'plain_text', text: action_id },
      action_ts: '1800000001.0',
    },
  ],
  ...changes,
})

/** Slack's request for a choice of the menu behind the buttons. */
export const choiceOf = (
  user: string,
  { action_id, value, block_id = 'decide' }: Clicked,
  changes: { [member: string]: unknown } = {},
) => {
  const text = { type: 'plain_text', text: action_id }
  const action = { type: 'overflow', action_id, block_id, selected_option: { text, value }, action_ts: '1800000001.0' }
  return clickOf(user, { action_id, value, block_id }, { actions: [action], ...changes })
}
