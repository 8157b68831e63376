// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { OutcomeBody } from '../adapters/http/bodies/agents.ts'
import {
  StreamBody,
  StreamReplacement,
  StreamStatusBody,
  StreamUpdate,
  UseBody,
  VerificationBody,
} from '../adapters/http/bodies/tools.ts'
import { Stream, StreamState } from '../domain/cards/wire/stream.ts'
import { UseBegun, UseEnded } from '../domain/cards/wire/task.ts'
import { pushDelivery } from '../domain/events/stream.ts'
import { UseId } from '../domain/values.ts'
import { type Routes, tool } from './operation.ts'

const by = [tool]
const query = { stream_id: z.string() }
const stream_id = 'str_00000000000000000000000000'
const delivery = { method: pushDelivery, endpoint_url: 'https://flags.example.org/flags/events' }

export const tools: Routes = {
  'POST /v1/uses': {
    id: 'beginUse',
    does: "Asks the gate whether the tool may act on an agent's token now, and counts one use.",
    by,
    key: 'required',
    takes: UseBody,
    gives: { 201: UseBegun },
    example: {
      token: 'eyJ...',
      proof: 'eyJ...',
      method: 'POST',
      url: 'https://flags.example.org/flags',
      action: 'flags:set',
      arguments: { environment: 'prod', flag: 'express-checkout', value: false },
    },
  },
  'POST /v1/uses/{id}/end': {
    id: 'endUse',
    does: 'Reports the outcome of a use.',
    by,
    where: { id: UseId },
    takes: OutcomeBody,
    gives: { 200: UseEnded },
    example: { outcome: 'succeeded' },
  },
  'POST /v1/ssf/streams': {
    id: 'registerStream',
    does: 'Registers the stream of security events of the tool (SSF 1.0).',
    by,
    takes: StreamBody,
    gives: { 201: Stream },
    example: { delivery },
  },
  'GET /v1/ssf/streams': {
    id: 'readStreams',
    does: 'Reads one stream of the tool, or all of them.',
    by,
    query: { stream_id: z.string().optional() },
    gives: { 200: z.union([Stream, z.array(Stream)]) },
  },
  'PATCH /v1/ssf/streams': {
    id: 'changeStream',
    does: 'Changes the given members of a stream.',
    by,
    takes: StreamUpdate,
    gives: { 200: Stream },
    example: { stream_id, description: 'The gate of flags' },
  },
  'PUT /v1/ssf/streams': {
    id: 'replaceStream',
    does: 'Replaces a stream.',
    by,
    takes: StreamReplacement,
    gives: { 200: Stream },
    example: { stream_id, delivery },
  },
  'DELETE /v1/ssf/streams': {
    id: 'removeStream',
    does: 'Removes a stream.',
    by,
    query,
    gives: { 204: 'empty' },
  },
  'GET /v1/ssf/status': {
    id: 'readStreamStatus',
    does: 'Gives the status of a stream: enabled, paused or disabled.',
    by,
    query,
    gives: { 200: StreamState },
  },
  'POST /v1/ssf/status': {
    id: 'changeStreamStatus',
    does: 'Enables, pauses or disables a stream.',
    by,
    takes: StreamStatusBody,
    gives: { 200: StreamState },
    example: { stream_id, status: 'paused', reason: 'maintenance' },
  },
  'POST /v1/ssf/verification': {
    id: 'verifyStream',
    does: 'Sends a verification event over a stream.',
    by,
    takes: VerificationBody,
    gives: { 204: 'empty' },
    example: { stream_id, state: 'a1b2' },
  },
}
