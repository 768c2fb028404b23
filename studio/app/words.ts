/** What must be said about maps, labels and photos, wherever it matters. */
export const WORDS = {
  map: 'A map shows which parts of this photo spoke for and against one answer of one network. It explains the network, not the person. Dark or pale means little effect on this answer, not unseen. Bright does not mean right: a right answer can have a poor reason. Trust many photos, and what changes when you cover a part, more than one map.',
  gender:
    '“Gender” here is a label that people put into a data set, usually one of two. A network repeats such labels; it cannot know who someone is, and can err more for some groups. Do not use it to decide about people.',
  privacy: 'Photos stay on this device: not uploaded, not stored, gone when you close the page.',
} as const
