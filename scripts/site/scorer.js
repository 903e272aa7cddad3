/* Results of a search: first a heading that says what was asked for, then as Sphinx weighs them. */
var Scorer = {
  score: ([page, title, anchor, description, score, file, kind]) => (kind === "title" ? score + 100 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
