/**
 * The trained weights that others publish for these networks: where each file is, and how to check it.
 *
 * Nothing is guessed. A number without a known source is left out; the source of each is given beside it.
 */

import type { NetworkName } from './index.ts'

/** A published file of weights. */
export interface PublishedWeights {
  /** Its name in `regard weights`. */
  readonly name: string
  readonly network: NetworkName
  /** What the weights were trained on. */
  readonly kind: 'imagenet' | 'imdb-wiki'
  /** Its publishers' URL. */
  readonly url: string
  /** The name of the file, there and in the cache. */
  readonly file: string
  /** Its size, where it is known. */
  readonly bytes?: number
  /** In hexadecimal digits, as published; absent where none is published. */
  readonly sha1?: string
  /** What the publishers allow. */
  readonly licence: string
  readonly citation: string
}

export const zoo: readonly PublishedWeights[] = [
  {
    name: 'caffenet-imagenet',
    network: 'caffenet',
    kind: 'imagenet',
    // URL, sha1 and licence: models/bvlc_reference_caffenet/readme.md in the repository BVLC/caffe. No size is given.
    url: 'http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel',
    file: 'bvlc_reference_caffenet.caffemodel',
    sha1: '4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46',
    licence: 'Released for unrestricted use.',
    citation:
      'Y. Jia et al.: Caffe: Convolutional Architecture for Fast Feature Embedding. arXiv:1408.5093, 2014. ' +
      'Trained by J. Donahue',
  },
  {
    name: 'googlenet-imagenet',
    network: 'googlenet',
    kind: 'imagenet',
    // URL, sha1 and licence: models/bvlc_googlenet/readme.md in the repository BVLC/caffe.
    // Size: 53533754 bytes, from dusty-nv's answer in the forum of jetson-inference, not from the publishers.
    url: 'http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel',
    file: 'bvlc_googlenet.caffemodel',
    bytes: 53_533_754,
    sha1: '405fc5acd08a3bb12de8ee5e23a96bec22f08204',
    licence: 'Released for unrestricted use.',
    citation:
      'C. Szegedy et al.: Going deeper with convolutions. CVPR, 2015 (arXiv:1409.4842). Trained by S. Guadarrama',
  },
  {
    name: 'vgg16-imagenet',
    network: 'vgg16',
    kind: 'imagenet',
    // URL and licence: the readme of K. Simonyan's gist 211839e770f7b538e2d8.
    // sha1: not given there, but the same in a sample of mexopencv and in MXNet's caffe converter. Size: what Caffe's
    // own log reports to have read from this file.
    url: 'http://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/VGG_ILSVRC_16_layers.caffemodel',
    file: 'VGG_ILSVRC_16_layers.caffemodel',
    bytes: 553_432_081,
    sha1: '9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24',
    licence: 'See http://www.robots.ox.ac.uk/~vgg/research/very_deep/',
    citation:
      'K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ' +
      'ICLR, 2015 (arXiv:1409.1556)',
  },
  {
    name: 'vgg16-imdb-wiki',
    network: 'vgg16',
    kind: 'imdb-wiki',
    // URL: the page of the project, https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/. It gives no size and no hash.
    url: 'https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/static/dex_imdb_wiki.caffemodel',
    file: 'dex_imdb_wiki.caffemodel',
    licence:
      'See https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/; the data set is for academic research only.',
    citation:
      'R. Rothe, R. Timofte, L. Van Gool: Deep expectation of real and apparent age from a single image without ' +
      'facial landmarks. International Journal of Computer Vision 126, 144–157, 2018',
  },
]

/** The published weights of a network; undefined where none are known. */
export function publishedFor(network: NetworkName, kind: string): PublishedWeights | undefined {
  return zoo.find((one) => one.network === network && one.kind === kind)
}
