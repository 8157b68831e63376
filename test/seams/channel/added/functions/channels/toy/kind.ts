import * as z from 'zod'
import { chatKind } from '../kind.ts'

/** A room in which programs post JSON. */
export const toy = chatKind({
  id: 'toy',
  title: 'Toy',
  settings: z.strictObject({ room: z.string().regex(/^[a-z]{2,30}$/), url: z.url() }),
  example: { room: 'madeup', url: 'https://toy.invalid' },
  apart: ['room'],
  channelId: /^[a-z]{2,30}$/,
  accountId: /^[a-z]{2,30}$/,
  workspaceOf: ({ room }) => ({ teamId: room }),
})
