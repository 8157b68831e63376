import * as z from 'zod'
import { type AwsIssuer, accountOfRole, pinnableClaims } from '../../domain/people/identity-issuer.ts'
import type { Clock } from '../../operations/ports.ts'
import { bearer, type IdentitySource, invalid, textOf } from './identity-source.ts'
import { oidcSource } from './oidc-source.ts'

/** Under this name STS says what it knows of the caller. */
const stsClaims = 'https://sts.amazonaws.com/'

const Sts = z.looseObject({ aws_account: z.string(), subject_mode: z.string().optional() })

/**
 * AWS outbound identity federation (`sts:GetWebIdentityToken`). The subject is an IAM role of the one account that the
 * issuer belongs to. A token may also speak for where a role session came from: that is another identity than the
 * role's, and is refused unless the deployment expects it.
 */
export function awsSource(issuer: AwsIssuer, clock: Clock): IdentitySource {
  const source = oidcSource(issuer, clock)
  return {
    ...source,
    read: (token) => {
      const read = source.read(token)
      if (!read.ok) return read
      const sts = Sts.safeParse(token.payload[stsClaims])
      if (!sts.success) return invalid(`it must have \`aws_account\` under \`${stsClaims}\``)
      if (sts.data.aws_account !== issuer.accountId) return invalid('`aws_account` is not the account of its issuer')
      const forOrigin = [sts.data.subject_mode, token.payload['subject_mode']].includes('OriginIdentity')
      if (forOrigin && !issuer.originIdentity) return invalid('`subject_mode` must not be `OriginIdentity`')
      const { subject } = read.value
      const account = accountOfRole(subject)
      // Where a session came from may be a role too. It must never pass for a token of that role itself.
      if (forOrigin ? account !== undefined : account !== issuer.accountId)
        return invalid('`sub` must be the ARN of an IAM role of that account')
      return bearer(subject, textOf(sts.data, pinnableClaims.aws ?? []))
    },
  }
}
