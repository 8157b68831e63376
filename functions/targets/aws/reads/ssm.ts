// Rules: test/targets/aws/reads/aws-reads.test.ts
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { clientFor, type Read } from './client-for.ts'

const client = clientFor((settings) => new SSMClient(settings))

/** Never decrypted: AWS gives the ciphertext of a SecureString. */
export const getParameter: Read = ({ Name }, settings, abortSignal) =>
  client(settings).send(new GetParameterCommand({ Name: String(Name), WithDecryption: false }), { abortSignal })
