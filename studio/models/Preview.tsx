import { useEffect, useRef, useState } from 'react'
import type { Image } from 'regard'
import { messageOf } from '../../src/base/errors.ts'
import { plain } from '../look/colours.ts'
import { faceIn, useLook } from '../look/store.ts'
import { answerInWords, taskInWords } from '../look/words.ts'
import { theWork } from '../worker/client.ts'
import type { Answered, NetworkInfo, Preview as Shown } from '../worker/protocol.ts'

/** What a network sees of the photo that is open in Look, and its answers. */
export function Preview({
  network,
  edition = '',
  isSure = false,
}: {
  readonly network: NetworkInfo
  /** Changes with the card. */
  readonly edition?: string
  /** Whether the order of its channels is known. */
  readonly isSure?: boolean
}) {
  const number = useLook(({ photo }) => photo?.number)
  const face = useLook(faceIn)
  const [shown, setShown] = useState<Shown>()
  const [error, setError] = useState<string>()
  const { id } = network
  // biome-ignore lint/correctness/useExhaustiveDependencies: another photo or card, another preview.
  useEffect(() => {
    let isWanted = number !== undefined
    if (isWanted)
      theWork()
        .preview(id, face)
        .then(
          (preview) => {
            if (!isWanted) return
            setShown(preview)
            setError(undefined)
          },
          (failed) => isWanted && setError(messageOf(failed)),
        )
    return () => {
      isWanted = false
    }
  }, [id, edition, number, face])
  if (error)
    return (
      <p role="alert" className="error small">
        {error}
      </p>
    )
  if (!shown) return <p className="faint small">Asking {id} …</p>
  const { seen, channels, low, high, answers, reversed } = shown
  const of = face && network.card.alignment ? 'The face' : 'The whole photo'
  return (
    <section className="preview" aria-label="What it is shown">
      <h3>What it is shown</h3>
      <p className="faint small">
        {of} in {seen.width} × {seen.height} pixels, {channels}; numbers from {said(low)} to {said(high)}.
      </p>
      {isSure || channels === 'gray' || !reversed ? (
        <Picture image={seen} name={`What ${id} is shown`} answers={answers} />
      ) : (
        <>
          <div className="pair">
            {(['RGB', 'BGR'] as const).map((order) => (
              <Picture
                key={order}
                image={order === 'BGR' ? withBlueFirst(seen) : seen}
                name={`Its three channels as red, green and blue: ${order}`}
                title={`${order}${order === channels ? ', as its card says' : ''}`}
                answers={order === channels ? answers : reversed}
              />
            ))}
          </div>
          <p className="faint tiny">
            Its three channels, shown as red, green and blue. A blue face is right for a network that learned
            from BGR, as Caffe’s and OpenCV’s do, and wrong for others. One photo tells little: look at what
            it answers to several.
          </p>
        </>
      )}
    </section>
  )
}

function Picture({
  image,
  name,
  title,
  answers,
}: {
  readonly image: Image
  readonly name: string
  readonly title?: string
  readonly answers: readonly Answered[]
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(plain(image), 0, 0)
  }, [image])
  return (
    <figure>
      {title && <p className="small">{title}</p>}
      <canvas ref={canvas} width={image.width} height={image.height} role="img" aria-label={name} />
      <figcaption className="small">
        {answers.map((answer) => (
          <span key={answer.output}>
            {answer.task ? `${taskInWords(answer.task)}: ` : ''}
            {answerInWords(answer)}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

/** Blue where red was, and red where blue was. */
function withBlueFirst(image: Image): Image {
  const data = image.data.slice()
  for (let k = 0; k < data.length; k += 3) {
    data[k] = image.data[k + 2]!
    data[k + 2] = image.data[k]!
  }
  return { ...image, data }
}

function said(value: number): string {
  return `${value < 0 ? '−' : ''}${Number(Math.abs(value).toPrecision(3))}`
}
