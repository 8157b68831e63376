import * as z from 'zod'
import type { Changed, HostChange } from '../../../domain/agents/host-change.ts'

/**
 * The message that Hotwork's rule makes of an event (infra/constructs/host-changes.ts). `about` has names from the
 * call's parameters, between spaces.
 */
const Message = z.strictObject({
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/),
  source: z.string().regex(/^aws\.[a-z]+$/),
  name: z.string().max(128),
  at: z.iso.datetime().transform((text) => Math.floor(Date.parse(text) / 1000)),
  about: z.string().max(4096),
})

const rightsOfRole = /^(?:(?:Attach|Detach|Put|Delete)RolePolicy|(?:Put|Delete)RolePermissionsBoundary|DeleteRole)$/
const managedPolicy = /^(?:(?:Create|Delete)PolicyVersion|SetDefaultPolicyVersion)$/

/** @throws for a message in any other form */
export function readChange(body: string): HostChange {
  const { account, region, at, ...call } = Message.parse(JSON.parse(body))
  const of = changedBy(call)
  return { account, region, at, ...(of && { of }) }
}

/** Undefined for reads, which the look itself makes. An unknown call of IAM counts as concerning all roles. */
function changedBy({ source, name, about }: { source: string; name: string; about: string }): Changed | undefined {
  if (/^(?:List|Get|Simulate)/.test(name)) return undefined
  const names = about.split(/\s+/).flatMap(namesIn)
  if (source !== 'aws.iam') return { kind: 'host', service: source.slice('aws.'.length), names }
  const [role] = names
  if (role !== undefined && rightsOfRole.test(name)) return { kind: 'role', name: role }
  return { kind: managedPolicy.test(name) ? 'policies' : 'roles' }
}

/** The names in an ARN after its type, or in a short form of it. */
function namesIn(word: string): readonly string[] {
  const named = word.startsWith('arn:') ? word.split(':').slice(5).join(':') : word
  return named.split(/[:/]/).filter((name) => name !== '')
}
