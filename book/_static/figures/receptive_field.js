// The receptive field under the pointer: below a number what it sees, above it what it is seen by.
taFigure.define('receptive_field', box => {
  'use strict';
  const { words, svg, html, set, choice, pointer, path } = taFigure;
  const COLUMNS = 24, X = t => 16 + t * 26, Y = row => 196 - row * 45;
  let dilations = [1, 2, 4, 8], at = { row: 4, t: COLUMNS - 1 };
  const edges = svg('path', { class: 'ta-edges' }), sees = svg('path', { class: 'ta-heard' }), seen = svg('path', { class: 'ta-up' });
  const dots = svg('g');
  const picture = svg('svg', { viewBox: '0 2 640 204', class: 'ta-hover', tabindex: 0, role: 'application' }, edges, seen, sees, dots);
  const says = html('p', { class: 'ta-says', 'aria-live': 'polite' });

  // Edges (t below, t above) of a layer with two taps and dilation d, by rows from the bottom.
  const edgesOf = row => {
    const d = dilations[row], found = [];
    for (let t = 0; t < COLUMNS; t++) for (const s of [t - d, t]) if (s >= 0) found.push([s, t]);
    return found;
  };
  const lines = found => found.map(([row, s, t]) => path([[X(s), Y(row)], [X(t), Y(row + 1)]])).join('');

  function trees() {
    const down = [], up = [], touched = Array.from({ length: dilations.length + 1 }, () => new Set());
    touched[at.row].add(at.t);
    for (let row = at.row - 1; row >= 0; row--)
      for (const [s, t] of edgesOf(row)) if (touched[row + 1].has(t)) { touched[row].add(s); down.push([row, s, t]); }
    const above = touched.map(one => new Set(one));
    for (let row = at.row; row < dilations.length; row++)
      for (const [s, t] of edgesOf(row)) if (above[row].has(s)) { above[row + 1].add(t); up.push([row, s, t]); }
    return { down, up, touched, above };
  }
  function draw() {
    const rows = dilations.length, { down, up, touched, above } = trees();
    set(edges, { d: lines(dilations.flatMap((_, row) => edgesOf(row).map(([s, t]) => [row, s, t]))) });
    set(sees, { d: lines(down) });
    set(seen, { d: lines(up) });
    dots.replaceChildren();
    for (let row = 0; row <= rows; row++)
      for (let t = 0; t < COLUMNS; t++) {
        const kind = row == at.row && t == at.t ? 'ta-here' : row <= at.row && touched[row].has(t) ? 'ta-seen' : row > at.row && above[row].has(t) ? 'ta-over' : 'ta-dot';
        dots.append(svg('circle', { cx: X(t), cy: Y(row), r: 6.5, class: kind }));
      }
    // Places before the picture's beginning count as well.
    let places = new Set([0]);
    for (let row = at.row - 1; row >= 0; row--) places = new Set([...places].flatMap(p => [p, p + dilations[row]]));
    const farthest = Math.max(...places), sum = at.row ? dilations.slice(0, at.row).join(' + ') : '0';
    says.textContent = at.row
      ? words(`${at.row}층의 이 수는 입력 ${places.size}개를 봅니다. 가장 먼 것은 ${farthest}샘플 앞(${sum})이므로 수용 영역은 ${farthest + 1}샘플입니다.`,
        `This number of layer ${at.row} sees ${places.size} inputs, the farthest ${farthest} samples back (${sum}): a receptive field of ${farthest + 1}.`)
      : words('입력의 이 샘플은 위로 주황색 선을 따라, 자기보다 이르지 않은 수에만 쓰입니다.',
        'This sample of the input is used, along the orange lines, by no number earlier than itself.');
    set(picture, { 'aria-label': words('아랫줄이 입력, 오른쪽이 지금입니다. 화살표 키로 자리를 옮깁니다. ', 'Inputs at the bottom, now at the right; the arrow keys move. ') + says.textContent });
  }
  function go(row, t) {
    const next = { row: Math.min(dilations.length, Math.max(0, row)), t: Math.min(COLUMNS - 1, Math.max(0, t)) };
    if (next.row == at.row && next.t == at.t) return;
    at = next;
    draw();
  }
  pointer(picture, (x, y) => go(Math.round((196 - y) / 45), Math.round((x - 16) / 26)), false);
  picture.addEventListener('keydown', event => {
    const [up, right] = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] || [];
    if (up === undefined) return;
    event.preventDefault();
    go(at.row + up, at.t + right);
  });
  const stacks = Object.fromEntries(['1 1 1 1', '1 2 4 8', '8 4 2 1', '2 4 8', '1 4 16'].map(name => [name, name]));
  const which = choice({
    label: words('팽창 계수', 'dilations'), value: '1 2 4 8', values: stacks,
    choose: name => { dilations = name.split(' ').map(Number); at = { row: dilations.length, t: COLUMNS - 1 }; draw(); },
  });
  box.setAttribute('aria-label', words('수용 영역: 점 위로 지나가기', 'Receptive field: move over the dots'));
  const where = html('p', { class: 'ta-says' }, words('아랫줄이 입력이고 오른쪽 끝이 지금입니다.', 'The bottom row is the input; now is at the right.'));
  box.append(which, picture, where, says);
  draw();
});
