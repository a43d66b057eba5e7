# SPDX-License-Identifier: GPL-2.0-only
"""
A stretch of a trace as an SVG picture, for documents and mails: a row for each guest on each CPU,
with what it did and what Umbra did for it, from the events that also go to Perfetto.
"""

from xml.sax.saxutils import escape

import chrome

WIDTH, LEFT, TOP = 900, 110, 34         # of the picture, and where the rows begin
ROW, BAR = 42, 15                       # from row to row, and the height of a bar
LETTER = 6.2                            # about as wide as one is
LEAST = 0.3                             # a narrower span cannot be seen
COLOURS = {'turn': '#e8e8e8', 'guest': '#9bd08f', '#PF': '#f0a35e', 'idle': '#f4f4f4'}
INTERRUPT, OTHER = '#b9a3d6', '#8fb6e0'
SHOWN_TICKS = 6
LEGEND = [('the guest runs', COLOURS['guest']), ('page fault', COLOURS['#PF']),
          ('interrupt, lock', INTERRUPT), ('hypercall, other exit', OTHER),
          ('its turn', COLOURS['turn'])]


def colour(event):
    if event['name'].startswith(('irq ', 'vector ', 'lock ')):
        return INTERRUPT
    return COLOURS.get(event['name'], OTHER)


class Picture:
    """The stretch from begin to end, in microseconds."""

    def __init__(self, trace, begin, end):
        self.begin, self.end = begin, end
        every = list(chrome.events(trace))
        self.names = {event['pid']: event['args']['name'] for event in every
                      if event['name'] == 'process_name'}
        self.spans = [event for event in every if event['ph'] == 'X' and
                      event['ts'] < end and event['ts'] + event['dur'] > begin]
        # What lies within another span comes behind it.
        self.spans.sort(key=lambda event: (event['ts'], -event['dur']))
        self.rows = sorted({(event['pid'], event['tid']) for event in self.spans})

    def x(self, time):
        share = (min(max(time, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return LEFT + share * (WIDTH - LEFT - 10)

    def bar(self, event):
        """A span; its name where there is room."""
        left, right = self.x(event['ts']), self.x(event['ts'] + event['dur'])
        if right - left < LEAST:
            return
        top = TOP + self.rows.index((event['pid'], event['tid'])) * ROW
        # The turn lies behind all the others, an interrupt within an exit below it.
        inner = event['name'].startswith(('irq ', 'lock '))
        height = 2 * BAR + 2 if event['name'] == 'turn' else BAR
        yield (f'<rect x="{left:.1f}" y="{top + (BAR + 1 if inner else 0)}" '
               f'width="{right - left:.1f}" height="{height}" fill="{colour(event)}"/>')
        if event['name'] != 'turn' and (right - left) > LETTER * (len(event['name']) + 1):
            yield (f'<text x="{left + 2:.1f}" y="{top + (2 * BAR if inner else BAR - 3)}">'
                   f'{escape(event["name"])}</text>')

    def labels(self):
        for number, (guest, cpu) in enumerate(self.rows):
            yield f'<text x="4" y="{TOP + number * ROW + BAR - 3}">' \
                  f'{escape(self.names[guest])}, cpu{cpu}</text>'
        for tick in range(SHOWN_TICKS):
            time = self.begin + (self.end - self.begin) * tick / SHOWN_TICKS
            yield f'<text x="{self.x(time):.0f}" y="16">{time / 1000:.3f} ms</text>'

    def legend(self, top):
        left = LEFT
        for text, fill in LEGEND:
            yield f'<rect x="{left}" y="{top}" width="{BAR}" height="{BAR}" fill="{fill}"/>'
            yield f'<text x="{left + BAR + 4}" y="{top + BAR - 3}">{text}</text>'
            left += 2 * BAR + int(LETTER * len(text))

    def svg(self):
        bottom = TOP + len(self.rows) * ROW
        height = bottom + 2 * BAR
        yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        yield ' font-family="sans-serif" font-size="11">'
        yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
        for event in self.spans:
            yield from self.bar(event)
        yield from self.labels()
        yield from self.legend(bottom + 4)
        yield '</svg>'


def write(trace, file, begin, length):
    """begin and length are ms; without a begin it is the trace's."""
    start = trace.records[0].ns / 1000 if begin is None else begin * 1000
    for line in Picture(trace, start, start + length * 1000).svg():
        file.write(f'{line}\n')
