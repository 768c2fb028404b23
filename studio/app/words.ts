/** What must be said about maps, labels and photos, wherever it matters. */
export const WORDS = {
  map: 'A map shows which parts of this photo spoke for and against one answer of one network. It explains the network, not the person. Dark or pale means little effect on this answer, not unseen. Bright does not mean right: a right answer can have a poor reason. Trust many photos, and what changes when you cover a part, more than one map.',
  gender:
    '“Gender” here is a label that people put into a data set, usually one of two. A network repeats such labels; it cannot know who someone is, and can err more for some groups. Do not use it to decide about people.',
  privacy: 'Photos stay on this device: not uploaded, not stored, gone when you close the page.',
  terms: [
    ['Logit', 'The number behind an answer, before it becomes a probability. Explanations start from it.'],
    [
      'LRP',
      'Layer-wise relevance propagation: hands the logit back, layer by layer, until it has reached the pixels.',
    ],
    [
      'Rules, composite',
      'How each layer divides what it hands back: α and β weigh what spoke for and against, γ favours what spoke for, ε keeps divisions away from zero. A composite says which layer gets which rule; epsilon-plus-flat-unbiased is one.',
    ],
    [
      'Flat layers',
      'How many of the lowest layers give equal shares to all their inputs. Maps become coarser.',
    ],
    [
      'Flow',
      'How much of the logit each layer handed on, and where the rest stayed: in biases, in ε, or where a layer’s sum is 0.',
    ],
    ['Nearer', 'Shows the photo close around the face; what the network sees stays the same.'],
  ],
} as const
