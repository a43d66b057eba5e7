# SPDX-License-Identifier: GPL-2.0-only
"""
The console that all guests share: who gets the keys, whose output is seen how.
"""

import re

import pytest

TWO = ['demo guest=one kernel mem=4M -- name=one', 'demo guest=two kernel mem=4M -- name=two']


@pytest.fixture
def two(machine, build):
    """Two guests at their prompts; the first one is in focus."""
    m = machine(build, TWO)
    m.event('guest-ready', guest='two')
    m.wait_line(r'^\[two\] This is two')
    m.expect('one> ')
    return m


def focus(machine, key, guest):
    count = len(machine.events('focus'))
    machine.key(key)
    assert machine.event('focus', count=count + 1)['guest'] == guest


def say(machine, text):
    """The guest in focus answers."""
    machine.line(f'echo {text}')
    machine.expect(f'echo {text}\n{text}\n')


def test_both_directions(two):
    """Each guest is typed to and heard, whichever key brings it into focus."""
    say(two, 'in one')
    focus(two, 'n', 'two')
    say(two, 'in two')
    focus(two, 'p', 'one')
    say(two, 'in one again')
    focus(two, '2', 'two')
    say(two, 'in two again')
    focus(two, '1', 'one')
    focus(two, '0', '')
    two.type('help\r')
    two.expect('umbra> help\n')
    two.expect('^poweroff +powers the machine off')
    focus(two, 'n', 'one')
    say(two, 'once more')


def test_number_of_nobody(two):
    two.key('7')
    two.expect('^umbra: there is no guest 7$')
    say(two, 'still here')


def test_help(two):
    two.key('?')
    two.expect(r'^umbra: after Ctrl-\]: n next guest')
    two.expect('^umbra: guest 1 is one, in focus$')
    two.expect('^umbra: guest 2 is two$')


def test_statistics_by_name(two):
    """What brought a guest out has a name that a manual or the protocol knows, not a number."""
    two.command('stats two', r'^exits by #PF, page fault: [1-9]\d*$')
    two.expect(r'^exits by hypercall: [1-9]\d*$')
    two.expect(r'^hypercall INIT: 1$')
    two.expect(r'^hypercall LOAD_IDT_ENTRY: [1-9]\d*$')
    two.command('regs two', r', last exit by [#A-Za-z]')


def test_unknown_key(two):
    two.key('x')
    two.expect(r'^umbra: Ctrl-\] x means nothing')
    say(two, 'no x got here')


def interrupts(machine, guest):
    """How many the guest has had, once it is at rest."""
    counts = []
    while len(counts) < 2 or counts[-1] != counts[-2]:
        machine.run_on(0.1)
        counts.append(int(machine.command(f'stats {guest}', r'^interrupts (\d+),')[1]))
    return counts[-1]


def test_escape_key_itself(two):
    """Typed twice it reaches the guest, which it interrupts once; typed once it does not."""
    before = interrupts(two, 'one')
    assert interrupts(two, 'one') == before
    two.key('\x1d')
    assert interrupts(two, 'one') == before + 1
    say(two, 'and no more')


def background_line(two):
    """Waits until one more has come."""
    seen = len(two.lines)
    two.wait(lambda: any(re.fullmatch(r'\[two\] \d+', line) for line in two.lines[seen:]),
             'a line of the other guest')


def test_background_lines(two):
    """What another guest prints comes in whole lines, with its name, and breaks no line of ours."""
    focus(two, 'n', 'two')
    two.line('count 1000')
    focus(two, 'p', 'one')
    two.type('echo un')
    two.wait(lambda: 'echo un' in two.rest, 'half a command')
    background_line(two)
    two.type('broken\r')
    two.expect('^unbroken$')
    background_line(two)
    # Nothing of the other guest's text is ever part of a line of this one.
    for line in two.lines:
        assert '[two]' not in line[1:], line
    # The line that was interrupted is put up again.
    assert any(re.fullmatch('one> echo unbroken', line) for line in two.lines)


def test_replay(two):
    """A guest that comes into focus shows what it wrote before."""
    focus(two, 'n', 'two')
    two.expect('^This is two, a guest of Umbra')
    two.expect('^two> ')
    say(two, 'remember')
    focus(two, 'p', 'one')
    two.expect('^This is one, a guest of Umbra')
    focus(two, 'n', 'two')
    two.expect('^two> echo remember\nremember\n')


def test_commands(two):
    two.command('guests', r'^1 +one +\w+ +4096 K +100 ')
    two.expect(r'^2 +two +\w+ +4096 K +100 ')
    two.command('regs two', '^eip [0-9a-f]{8} cs 0061 ')
    two.command('stats two', '^shadow: ')
    two.command('stats 2', '^shadow: ')
    two.command('guests 2', '^usage: guests$')
    two.command('nonsense', "^no command is called 'nonsense'")
    two.command('kill', '^usage: kill NAME')
    two.command('kill three', "^no guest is called 'three'")
    two.command('log chatty', '^the levels are ')
    say(two, 'works')


def test_answer_follows_its_command(two):
    """The guest's prompt comes up again behind the answer, not in between."""
    two.key(':kill nobody\r')
    two.expect("^umbra> kill nobody\n(\r|\x1b\\[K)*no guest is called 'nobody'; 'guests' lists "
               "them$")
    two.expect('one> ')
    say(two, 'and on')


def test_only_one_guest(machine, build):
    """Keys that can change nothing say so."""
    m = machine(build, TWO[:1])
    m.expect('one> ')
    m.key('n')
    m.expect('^umbra: there is no other guest$')
    m.key('0')
    m.expect('^umbra: no guest gets the keys now: what is typed is a command$')
    m.event('focus', guest='')


def test_command_editing(two):
    """Backspace and Ctrl-U edit the line, Ctrl-C leaves it."""
    two.key(':nonsense\x15gueSTS\x7f\x7f\x7fsts\r')
    two.expect('^no +name')
    two.key(':poweroff\x03')
    say(two, 'not off')


def test_many_keys(two):
    """A paste is longer than any queue of the hardware's."""
    words = 'echo ' + ' '.join(f'word{i}' for i in range(8))
    for i in range(50):
        two.line(f'{words} {i}')
    for i in range(50):
        two.expect(f'^{words[5:]} {i}\n')


def test_flood(two):
    """A guest in the background that prints without end neither stops the others nor is stopped."""
    focus(two, 'n', 'two')
    for _ in range(40):
        two.line('help')
    focus(two, 'p', 'one')
    # Not say(): lines of the other guest may come between what is typed and what is answered.
    two.line('echo through the flood')
    two.expect('^through the flood$')
    focus(two, 'n', 'two')
    two.line('echo the end')
    two.expect('^the end$')


# --- much at once ----------------------------------------------------------------------



def sizes(little, much):
    """Much once in each build and on each transport, little in all pairs of the two."""
    pairs = [(build, kind) for build in ('release', 'debug') for kind in ('demo', 'demo_c')]
    cases = [(*pair, little) for pair in pairs] + [(*pairs[0], much), (*pairs[3], much)]
    return pytest.mark.parametrize('build, kind, size', cases, indirect=['build'])


@sizes(4 << 10, 64 << 10)
def test_paste(machine, build, kind, size):
    """Much at once: the keys wait in queues, and the line is held back; none is lost."""
    m = machine(build, [f'{kind} guest=one kernel mem=4M -- name=one'])
    m.expect('one> ')
    wanted = [f'{i:06} the quick brown fox jumps over the lazy dog.' for i in range(size // 54)]
    m.paste(''.join(f'echo {line}\r' for line in wanted), timeout=120)
    m.expect(f'^{wanted[-1]}\n')
    found = [line for line in m.lines if re.match(r'\d{6} ', line)]
    # One that a line of Umbra's interrupted is shown once more, whole.
    assert [line for i, line in enumerate(found) if i == 0 or found[i - 1] != line] == wanted


def numbers(machine, prefix=''):
    """
    Of the lines that the command `lines` has printed so far.  One that a line of
    Umbra's interrupted is shown once more, whole, and counts once.
    """
    whole = re.compile(re.escape(prefix) +
                       r'line (\d+), of those that were asked for by the command line')
    found = [int(match[1]) for line in machine.lines if (match := whole.fullmatch(line))]
    return [number for i, number in enumerate(found) if i == 0 or found[i - 1] != number]


@sizes(64 << 10, 1 << 20)
def test_output_in_focus(machine, build, kind, size):
    """While the terminal cannot follow, the guest in focus waits: all comes once and in order."""
    count = size // 64
    m = machine(build, [f'{kind} guest=one kernel mem=4M -- name=one'])
    m.expect('one> ')
    m.line(f'lines {count}')
    m.expect(f'^line {count:08},.*\none> ', timeout=120)
    assert numbers(m) == list(range(1, count + 1))


def lost(machine, guest):
    """How many lines of the guest Umbra says that it has not shown."""
    return sum(int(match[1]) for line in machine.lines
               if (match := re.fullmatch(rf'\[{guest}\] \((\d+) lines are not shown\)', line)))


@sizes(64 << 10, 1 << 20)
def test_output_in_background(machine, build, kind, size):
    """
    A guest in the background never waits: what the terminal cannot take is not
    shown, and counted.  Brought into focus it shows the end of what it wrote.
    """
    count = size // 64
    # It goes on with a number each second: one comes when there is room for it again.
    m = machine(build, ['demo guest=one kernel mem=4M -- name=one',
                        f'{kind} guest=two kernel mem=4M -- run=lines:{count},count:1000 '
                        'name=two'])
    m.wait_line(r'^\[two\] \d+$')
    shown = numbers(m, '[two] ')
    assert shown == sorted(set(shown))
    # The message of the guest's start can be among those that are not shown, and some numbers.
    counted = int(m.wait_line(r'^\[two\] (\d+)$')[1])
    assert count <= len(shown) + lost(m, 'two') <= count + 8 + counted
    m.line('echo not disturbed')
    m.expect('^not disturbed$')
    m.key('n')
    m.event('focus', guest='two')
    m.expect(r'^\d+$')
    replayed = numbers(m)
    assert replayed == list(range(replayed[0], count + 1)) and len(replayed) * 64 > 12 << 10
    assert [line for line in m.lines
            if re.fullmatch(r'umbra: older output of guest two is gone: \d+ KB', line)]


def test_early_text_goes_before(machine, build):
    """What a guest says by NOTIFY and what it says by its console come in its order, each once."""
    m = machine(build, ['abi guest=abi kernel mem=8M -- only=devices'])
    m.event('guest-exit', guest='abi')
    wanted = ['PASS devices.rings_zero_after_reset', 'text of the ABI guest on its virtio console',
              'PASS devices.console_output', 'early text', 'PASS devices.early_text']
    assert [line for line in m.lines if line in wanted] == wanted
