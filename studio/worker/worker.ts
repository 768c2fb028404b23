import { expose } from 'comlink'
import { Work } from './work.ts'

// ONNX Runtime starts its threads by the file that its own code is in: such a thread has nothing to do here.
if (self.name !== 'em-pthread') expose(new Work())
