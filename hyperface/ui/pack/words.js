// What is said below the sphere: what the view shows, and how far it can be believed.

/** @typedef {{ trustworthiness: number, rank_correlation: number }} Faithful from 0 to 1, and from −1 to 1 */
/** How faithful our own map is, and umap-learn's where it was drawn. @typedef {Faithful & { umap_learn?: Faithful }} PictureNews */
/** @typedef {'map' | 'person' | 'umap'} ViewName */

/** @param {Faithful} faithful */
function inWords({ trustworthiness, rank_correlation: correlation }) {
  const near = trustworthiness > 0.9 ? 'who is shown beside whom can be believed'
    : trustworthiness > 0.75 ? 'who is shown beside whom can mostly be believed' : 'who is shown beside whom can hardly be believed';
  const far = correlation > 0.6 ? 'shown and true angles largely agree'
    : correlation > 0.3 ? 'shown and true angles agree a little' : 'shown and true angles have almost nothing to do with each other';
  return `${near} (trustworthiness ${trustworthiness.toFixed(2)} of 1), and ${far} (rank correlation ${correlation.toFixed(2)})`;
}

/**
 * @param {ViewName} view
 * @param {number} person
 * @param {PictureNews | null} picture
 */
function noteOf(view, person, picture) {
  if (view === 'person') {
    return `From identity ${person}: how far somebody is from the middle is the true angle, measured in all dimensions. The `
      + 'direction is only where the map shows them: two who stand side by side at the rim need not be alike. The coloured '
      + `middle is empty: nobody is closer to identity ${person}.`;
  }
  const drawn = view === 'umap'
    ? 'The map as umap-learn draws it, of the last step alone: a globe cannot hold so many dimensions'
    : 'Our own map, UMAP that stays steady from frame to frame: a globe cannot hold so many dimensions';
  const own = view === 'umap' ? picture?.umap_learn : picture;
  const other = view === 'umap' ? picture : picture?.umap_learn;
  const beside = other ? ` ${view === 'umap' ? 'Our own steady map' : 'umap-learn’s map'}: ${inWords(other)}.` : '';
  return `${drawn}, and the more evenly people are packed, the less it can show. The colours and the line to the nearest are the true `
    + `angles.${own ? ` Here ${inWords(own)}.` : ''}${beside}`;
}

export { inWords, noteOf };
