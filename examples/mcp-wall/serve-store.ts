import { readSecret } from './secret.ts'
import { createStore } from './store.ts'

/** The store as a program. */
const { HOST: host = '127.0.0.1', PORT: port = '8701' } = process.env
createStore(readSecret(), console.log).listen(Number(port), host, () => console.log(`http://${host}:${port}`))
