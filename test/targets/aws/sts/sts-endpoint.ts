import type { AssumeAsk } from '../../../../functions/targets/aws/ports.ts'
import { listenOnLoopback } from '../../../../local/loopback.ts'
import { credentialId, requestId } from '../../../support/ask.ts'
import { externalId, policyFor } from '../iam/target-role.ts'

/** A call to STS: the form of the query protocol, the access key that signed it, and the signed Region and service. */
export type Asked = { form: URLSearchParams; accessKeyId: string; signedFor: string }
type Answer = { status: number; xml: string }

/**
 * An STS as far as the wire goes: the query protocol over HTTP, for what no emulator has. Each operation answers as it is
 * told to.
 */
export async function startSts(answers: { [operation: string]: (asked: Asked) => Answer }) {
  const asked: Asked[] = []
  const { url, handle, close } = await listenOnLoopback()
  handle(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const signature =
      /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/([\w-]+\/\w+)\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/
    const [, accessKeyId = '', signedFor = ''] = signature.exec(incoming.headers.authorization ?? '') ?? []
    const ask = { form, accessKeyId, signedFor }
    asked.push(ask)
    const { status, xml } = answers[form.get('Action') ?? '']?.(ask) ?? refusal('InvalidAction')
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
  })
  return {
    ...{ url, close },
    operations: () => asked.map(({ form }) => form.get('Action')),
    asked: (operation: string) => asked.filter(({ form }) => form.get('Action') === operation),
  }
}

/** A refusal in STS's form. */
export const refusal = (code: string, status = 400): Answer => ({
  status,
  xml: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
})

export const credentials = (operation: string, accessKeyId: string): Answer => ({
  status: 200,
  xml: `<${operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${operation}Result><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>secret of ${accessKeyId}</SecretAccessKey><SessionToken>token of ${accessKeyId}</SessionToken><Expiration>2027-01-15T08:15:00Z</Expiration></Credentials></${operation}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${operation}Response>`,
})

/** A token of outbound identity federation. */
export const webIdentityToken = (token: string): Answer => ({
  status: 200,
  xml: `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult><WebIdentityToken>${token}</WebIdentityToken><Expiration>2027-01-15T08:15:00Z</Expiration></GetWebIdentityTokenResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>`,
})

/** An ask for a session of a role, which may list queues. */
export const askOf = (role: string): AssumeAsk => ({
  ...{ role, externalId, sessionName: requestId(), sourceIdentity: requestId(), durationSeconds: 900 },
  tags: { 'hotwork:request': requestId(), 'hotwork:credential': credentialId(1) },
  policy: policyFor('sqs:ListQueues'),
})
