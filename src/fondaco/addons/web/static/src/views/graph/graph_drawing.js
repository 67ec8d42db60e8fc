/**
 * Where does each number of a plot stand in the picture? Pure: a plot and a size in, shapes in pixels out.
 *
 * A shape is `{d, tone, point, label, series}`: the path, the number of its colour, and what it stands for.
 */

export const TONES = 8;
const LEFT = 68; // room for the numbers of the axis
const TOP = 12;
const RIGHT = 12;
const FLAT = 30; // room below for names that lie flat
const SLANTED = 92; // and for slanted ones
const LONGEST = 16; // letters of a name below the picture
const LETTER = 7; // width of one, about
const NARROWEST = 22; // a place on the axis that can be pressed

/** @param {number} low @param {number} high @param {boolean} [isWhole] what is counted has no halves @returns {number[]} about five round numbers that hold both */
export function ticks(low, high, isWhole = false) {
    const span = high - low || Math.abs(high) || 1;
    const rough = span / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = isWhole && rough <= 1 ? 1 : [1, 2, ...(isWhole && power < 10 ? [] : [2.5]), 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough - power * 1e-9) || power;
    const first = Math.floor(low / step + 1e-9);
    const last = Math.ceil(high / step - 1e-9);
    return Array.from({ length: Math.max(last - first, 1) + 1 }, (_value, index) => Number(((first + index) * step).toPrecision(12)));
}

/** @param {string} text */
export const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

const number = (value) => Number(value.toFixed(2));

/** Lowest and highest value; bars stand on zero. @param {import("@web/views/graph/graph_model").Series[]} series @param {number} places @param {boolean} isStacked */
function extent(series, places, isStacked) {
    let low = 0;
    let high = 0;
    for (let place = 0; place < places; place++) {
        const values = series.map(({ points }) => points[place]?.value || 0);
        const up = values.filter((value) => value > 0);
        const down = values.filter((value) => value < 0);
        const sum = (list) => list.reduce((total, value) => total + value, 0);
        high = Math.max(high, isStacked ? sum(up) : Math.max(0, ...up));
        low = Math.min(low, isStacked ? sum(down) : Math.min(0, ...down));
    }
    return [low, high];
}

/**
 * @param {import("@web/views/graph/graph_model").Plot} plot the series that are shown; `tone` is a series' place among all
 * @param {{width: number, height: number, isStacked: boolean, isWhole: boolean, mode: string, tones: number[]}} options
 */
export function drawAxes(plot, { width, height, isStacked, isWhole, mode, tones }) {
    const { labels, series } = plot;
    const full = Math.max(width, LEFT + RIGHT + labels.length * NARROWEST);
    const slot = (full - LEFT - RIGHT) / Math.max(labels.length, 1);
    const names = labels.map(shortened);
    const isSlanted = Math.max(0, ...names.map((name) => name.length)) * LETTER > slot;
    const bottom = height - (isSlanted ? SLANTED : FLAT);
    const [low, high] = extent(series, labels.length, isStacked);
    const marks = ticks(low, high, isWhole);
    const [from, to] = [marks[0], marks[marks.length - 1]];
    const y = (value) => number(bottom - ((value - from) / (to - from)) * (bottom - TOP));
    const x = (place) => LEFT + slot * place;
    const frame = { slot, x, y, series, tones, labels };
    return {
        width: full, height, isSlanted, bottom, left: LEFT, right: full - RIGHT,
        marks: marks.map((value) => ({ value, y: y(value), isZero: value === 0 })),
        names: names.map((text, place) => ({ text, title: labels[place], x: number(x(place) + slot / 2), y: bottom + 16 })),
        ...(mode === "line" ? drawLines(frame, isStacked) : { shapes: drawBars(frame, isStacked), lines: [] }),
    };
}

function drawBars({ slot, x, y, series, tones, labels }, isStacked) {
    const room = Math.min(slot * 0.72, isStacked ? 72 : 56 * series.length);
    const breadth = isStacked ? room : room / Math.max(series.length, 1);
    return labels.flatMap((label, place) => {
        let [above, below] = [0, 0];
        return series.flatMap((line, index) => {
            const point = line.points[place];
            if (!point) {
                return [];
            }
            const base = !isStacked ? 0 : point.value < 0 ? below : above;
            const end = base + point.value;
            if (point.value < 0) {
                below = end;
            } else {
                above = end;
            }
            const left = number(x(place) + (slot - room) / 2 + (isStacked ? 0 : breadth * index));
            return [{ d: `M${left} ${y(base)}V${y(end)}h${number(Math.max(breadth - (isStacked ? 0 : 1), 1))}V${y(base)}z`, tone: tones[index], point, label, series: line.label }];
        });
    });
}

function drawLines({ slot, x, y, series, tones, labels }, isStacked) {
    const sums = labels.map(() => 0);
    const shapes = [];
    const lines = series.map((line, index) => {
        const path = line.points.map((point, place) => {
            sums[place] = (isStacked ? sums[place] : 0) + (point?.value || 0);
            const [cx, cy] = [number(x(place) + slot / 2), y(sums[place])];
            if (point) {
                shapes.push({ d: `M${cx - 4} ${cy}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z`, tone: tones[index], point, label: labels[place], series: line.label });
            }
            return `${place ? "L" : "M"}${cx} ${cy}`;
        });
        return { d: path.join(""), tone: tones[index] };
    });
    return { shapes, lines };
}

/**
 * Slices of a whole: each place of the axis in each series. What is zero or less has no slice.
 * @param {import("@web/views/graph/graph_model").Plot} plot @param {{width: number, height: number}} size
 */
export function drawPie({ labels, series }, { width, height }) {
    const radius = Math.max(Math.min(width, height) / 2 - 16, 40);
    const [cx, cy] = [number(width / 2), number(height / 2)];
    const slices = labels.flatMap((label, place) => series.flatMap((line) => {
        const point = line.points[place];
        return point ? [{ point, label: series.length > 1 ? `${label} / ${line.label}` : label }] : [];
    }));
    const shown = slices.filter(({ point }) => point.value > 0);
    const total = shown.reduce((sum, { point }) => sum + point.value, 0);
    let turn = 0;
    const shapes = shown.map((slice) => {
        const [from, share] = [turn, slice.point.value / total];
        turn += share;
        return { ...slice, series: "", share, tone: slices.indexOf(slice), d: share > 0.9999 ? circle(cx, cy, radius) : sector(cx, cy, radius, from, turn) };
    });
    return { width, height, shapes, slices, hasNegative: slices.some(({ point }) => point.value < 0) };
}

const circle = (cx, cy, radius) => `M${cx - radius} ${cy}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;

function sector(cx, cy, radius, from, to) {
    const at = (turn) => `${number(cx + radius * Math.sin(2 * Math.PI * turn))} ${number(cy - radius * Math.cos(2 * Math.PI * turn))}`;
    return `M${cx} ${cy}L${at(from)}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}z`;
}
