import { GetRolePolicyCommand, NoSuchEntityException, paginateListRolePolicies } from '@aws-sdk/client-iam'
import * as z from 'zod'
import { parseJson } from '../../../domain/values.ts'
import type { DenyInForce, InForce } from '../findings.ts'
import type { RoleReader } from '../ports.ts'
import { type CredentialsFor, IamClients, nameOf, policyName } from './role-policies.ts'

/** Reads the policies of a role in IAM, by a role that cannot write. */
export class IamRoleReader implements RoleReader {
  readonly #clients: IamClients

  constructor(credentialsFor?: CredentialsFor) {
    this.#clients = new IamClients(credentialsFor)
  }

  async inForce(role: string): Promise<InForce> {
    const [client, RoleName] = [this.#clients.of(role), nameOf(role)]
    const names: string[] = []
    for await (const page of paginateListRolePolicies({ client }, { RoleName })) names.push(...(page.PolicyNames ?? []))
    const others = names.filter((name) => name !== policyName).sort()
    if (!names.includes(policyName)) return { denies: [], others }
    try {
      const { PolicyDocument = '' } = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName: policyName }))
      return { denies: readDeny(decodeURIComponent(PolicyDocument)) ?? 'unreadable', others }
    } catch (cause) {
      // The policy was deleted between the two calls: it had no denies left.
      if (cause instanceof NoSuchEntityException) return { denies: [], others }
      throw cause
    }
  }
}

const tags = ['hotwork:request', 'hotwork:credential', 'hotwork:agent', 'hotwork:owner'] as const
const Time = z.iso.datetime().transform((text) => Date.parse(text) / 1000)
const Values = z.union([z.string().transform((value) => [value]), z.array(z.string()).min(1)])

/** Exactly the form of `renderDeny`, so that it denies neither more nor less. */
const Document = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Effect: z.literal('Deny'),
      Action: z.literal('*'),
      Resource: z.literal('*'),
      Condition: z
        .strictObject({
          StringEquals: z
            .partialRecord(z.enum(tags.map((tag) => `aws:PrincipalTag/${tag}` as const)), Values)
            .refine((keys) => Object.keys(keys).length === 1)
            .optional(),
          DateLessThan: z.strictObject({ 'aws:TokenIssueTime': Time }).optional(),
        })
        .refine((condition) => Object.keys(condition).length > 0),
    }),
  ),
})

export function readDeny(text: string): readonly DenyInForce[] | undefined {
  const document = Document.safeParse(parseJson(text))
  if (!document.success) return undefined
  return document.data.Statement.flatMap<DenyInForce>(({ Condition: { StringEquals, DateLessThan } }) => {
    const before = DateLessThan ? { issuedBefore: DateLessThan['aws:TokenIssueTime'] } : {}
    if (!StringEquals) return [{ tag: '*' as const, value: '*', ...before }]
    return tags.flatMap((tag) =>
      (StringEquals[`aws:PrincipalTag/${tag}`] ?? []).map((value) => ({ tag, value, ...before })),
    )
  })
}
