// Rules: test/infra/openapi.test.ts
import * as z from 'zod'
import { Members } from '../domain/cards/wire/word.ts'
import { aliasedKinds, kinds } from '../targets/kinds.ts'
import { anyone, type Routes } from './operation.ts'

const published = (id: string, does: string, of: z.ZodType = Members) => ({ id, does, by: anyone, gives: { 200: of } })

export const metadata: Routes = {
  'GET /.well-known/openapi.json': published('describeApi', 'Gives this document.'),
  'GET /.well-known/authzen-configuration': published('describeAuthzen', 'Names the AuthZEN endpoints.'),
  'GET /.well-known/oauth-authorization-server': published(
    'describeAuthorizationServer',
    'Describes the authorization server (RFC 8414).',
  ),
  'GET /.well-known/oauth-protected-resource': published(
    'describeApiResource',
    'Describes this API as a resource (RFC 9728).',
  ),
  ...Object.fromEntries(
    aliasedKinds.map((id) => [
      `GET /.well-known/oauth-protected-resource/${id}`,
      published(`describeResource_${id}`, `Describes the ${kinds[id].name} endpoints as a resource (RFC 9728).`),
    ]),
  ),
  'GET /.well-known/ssf-configuration': published(
    'describeSignals',
    'Describes the transmitter of security events (SSF 1.0).',
  ),
  'GET /.well-known/jwks.json': published(
    'readKeys',
    'Gives the public keys, by which tokens, statements and the log are verified.',
    z.looseObject({ keys: z.array(Members) }),
  ),
  'GET /.well-known/openid-configuration': published(
    'describeOpenId',
    'Describes the issuer of tokens for clusters (OpenID Connect Discovery 1.0).',
  ),
  'GET /.well-known/openid-jwks.json': published(
    'readOpenIdKeys',
    'Gives the public keys of tokens for clusters.',
    z.looseObject({ keys: z.array(Members) }),
  ),
  'GET /schemas/access-request.json': {
    ...published(
      'describeAccessRequest',
      'Gives the JSON Schema of the members that an access request adds to its evaluation.',
    ),
    gives: { 200: { type: 'application/schema+json', schema: Members } },
  },
  'GET /manifest.webmanifest': {
    ...published('describePages', 'Gives the web manifest, by which a phone keeps the pages on its home screen.'),
    gives: { 200: { type: 'application/manifest+json', schema: Members } },
  },
  'GET /icons/{name}': {
    ...published('readIcon', 'Gives an icon of the manifest.'),
    gives: { 200: { type: 'image/*' } },
  },
}

/** Calls of other systems, which sign what they send. */
export const incoming: Routes = {
  'POST /v1/signals/{transmitter}': {
    id: 'takeSignal',
    does: 'Accepts a pushed Security Event Token, which halts a person or an agent (RFC 8935).',
    by: anyone,
    as: 'application/secevent+jwt',
    takes: z.string(),
    gives: { 202: 'empty' },
    refuses: 'event',
  },
  'POST /slack/events': {
    id: 'receiveSlack',
    does: "Accepts Slack's events, clicks, forms and commands.",
    by: [{ slack: [] }],
    as: 'application/x-www-form-urlencoded',
    takes: z.looseObject({ payload: z.string().optional(), command: z.string().optional() }),
    gives: { 200: 'empty' },
  },
}
