# SPDX-License-Identifier: GPL-2.0-only
"""
What `make lint` says of rooms that use what stands above them: by an include, by a
call that no include shows, and in a circle of files; of names that the glossary refuses, and of
lines that are too long.
"""

import pathlib
import subprocess

import pytest

LINT = pathlib.Path(__file__).resolve().parents[1] / 'lint'


def check(script, *files, text='', folder=None, settings=()):
    command = ['awk', *settings, '-f', LINT / 'rooms.awk', '-f', LINT / script, *files]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=folder)


def write(folder, path, *lines):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(f'{line}\n' for line in lines))
    return path


def test_include_downwards(tmp_path):
    file = write(tmp_path, 'mm/frames.c', '#include "lib/list.h"', '#include "arch/cpu/panic.h"')
    assert check('includes.awk', file, folder=tmp_path).returncode == 0


def test_include_upwards(tmp_path):
    file = write(tmp_path, 'arch/cpu/panic.c', '', '#include "arch/board/time.h"')
    done = check('includes.awk', file, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == 'arch/cpu/panic.c:2: must not include arch/board/time.h\n'


def test_include_next_door(tmp_path):
    file = write(tmp_path, 'drivers/net/e1000.c', '#include "drivers/block/disk.h"')
    assert check('includes.awk', file, folder=tmp_path).returncode == 1


def test_unknown_room(tmp_path):
    file = write(tmp_path, 'hv/new/thing.c', '')
    done = check('includes.awk', file, folder=tmp_path)
    assert 'is in no room' in done.stdout and done.returncode == 1


def test_guard(tmp_path):
    file = write(tmp_path, 'mm/frames.h', '#ifndef FRAMES_H', '#endif')
    done = check('includes.awk', file, folder=tmp_path)
    assert done.stdout == 'mm/frames.h:1: the guard is FRAMES_H, not UMBRA_MM_FRAMES_H\n'


def test_call_upwards():
    symbols = ('out/mm/frames.o:00000010 T frame_alloc\n'
               'out/lib/string.o:         U frame_alloc\n'
               'out/boot/main.o:         U frame_alloc\n')
    done = check('calls.awk', text=symbols, settings=['-v', 'O=out'])
    assert done.returncode == 1
    assert done.stdout == 'lib/string.o must not use frame_alloc of mm/frames.o\n'


def circles(*symbols):
    done = subprocess.run(LINT / 'cycles.sh', input='\n'.join(symbols), capture_output=True,
                          text=True)
    return done.returncode, done.stderr.split()[-2:]


def test_circle_of_files():
    symbols = ['mm/a.o:00000000 T a', 'mm/a.o:         U b',
               'mm/b.o:00000000 T b', 'mm/b.o:         U a']
    status, files = circles(*symbols)
    assert status == 1 and sorted(files) == ['mm/a.o', 'mm/b.o']
    assert circles(*symbols[:3])[0] == 0


def test_assembly_closes_no_circle():
    assert circles('mm/a.asm.o:00000000 T a', 'mm/a.asm.o:         U b',
                   'mm/b.o:00000000 T b', 'mm/b.o:         U a')[0] == 0


GLOSSARY = ['## Glossary', '', '| term | what it is | not |', '| --- | --- | --- |',
            '| clock event | | `alarm` |', '| in flight | `x` | `under way`, `on its way` |',
            '## Next',
            '| a | b | `frame` |']


def check_names(tmp_path, *lines, glossary=GLOSSARY):
    files = [write(tmp_path, 'a.md', *glossary), write(tmp_path, 'mm/a.c', *lines)]
    done = subprocess.run(['awk', '-f', LINT / 'names.awk', *files], capture_output=True, text=True,
                          cwd=tmp_path)
    return done.returncode, done.stdout


@pytest.mark.parametrize('line', ['int alarm;', 'void alarm_set(void);', '/* The Alarm. */',
                                  '\tx->alarm++;',
                                  '/* requests under way */', 'is_under_way = 1;'])
def test_old_name(tmp_path, line):
    status, text = check_names(tmp_path, '', line)
    assert status == 1 and text.startswith('mm/a.c:2: the glossary has another name for ')


def test_names_that_may_stay(tmp_path):
    """Parts of words, words of other tables, and of the glossary's other columns."""
    assert check_names(tmp_path, 'alarming = frame(x);', '/* way under */') == (0, '')


def test_glossary_is_missing(tmp_path):
    assert check_names(tmp_path, '', glossary=['## Words'])[0] == 1


def check_docs(tmp_path, most, *lines):
    files = [write(tmp_path, 'docs/tour.md', *lines)]
    write(tmp_path, 'mm/a.c', *['x'] * 10)
    done = subprocess.run(['awk', '-v', f'MOST={most}', '-f', LINT / 'docs.awk', *files],
                          capture_output=True, text=True, cwd=tmp_path)
    return done.returncode, done.stdout


def test_document_names_no_file(tmp_path):
    status, text = check_docs(tmp_path, 10, '## The core route', '`mm/a.c`', '## Next', '`mm/b.c`')
    assert (status, text) == (1, 'docs/tour.md:4: there is no mm/b.c\n')


def test_core_route_is_too_long(tmp_path):
    lines = '## The core route', '`mm/a.c` and again `mm/a.c`', '## Next', '`mm/a.c`'
    assert check_docs(tmp_path, 10, *lines) == (0, '')
    assert check_docs(tmp_path, 9, *lines)[0] == 1
    assert check_docs(tmp_path, 9, *lines[2:])[0] == 1


FIGURES = {
    'bench/linux_figures.txt': '# a comment\nfork 100 150 29125\ntimer 10 20 0\n',
    'bench/figures.txt': 'boot 7\n',
    'performance.md': '| `fork` | fork and exit | 100 | 150 | 1.50 | 29.12 |\n'
                      '| `fork` | 8.5 | 1.8 | 4.47 | 1.50 |\n'
                      '| `timer` | a sleep | 10 | 20 | 2.00 | 0.00 |\n'
                      '| `boot` | the start | 7 |\n',
}


@pytest.mark.parametrize('file, old, new, answer', [
    ('performance.md', '150 |', '151 |', ['performance.md:1: fork is 100 | 150 | 1.50 | 29.12 and '
                                          'not 100 | 151 | 1.50 | 29.12 ']),
    ('performance.md', '4.47 | 1.50', '4.47 | 1.51',
     ['performance.md:2: fork is 1.50 and not 1.51 ']),
    ('performance.md', '| 7 |', '| 8 |', ['performance.md:4: boot is 7 and not 8 ']),
    ('performance.md', '`boot`', '`boat`', ['performance.md:4: there is no figure boat']),
    ('bench/linux_figures.txt', 'timer', 'none 1 1 1\ntimer',
     ['performance.md:4: there is no row of none']),
    ('performance.md', '', '', []),
])
def test_figures_in_document(tmp_path, file, old, new, answer):
    files = [write(tmp_path, path, *text.replace(old, new, path == file).splitlines())
             for path, text in FIGURES.items()]
    done = check('figures.awk', *files, folder=tmp_path)
    assert done.stdout.splitlines() == answer
    assert done.returncode == (1 if answer else 0)


@pytest.mark.parametrize('line, columns', [
    ('x' * 100, None), ('x' * 101, 101), ('\t' * 12 + 'x' * 4, None), ('\t' * 12 + 'x' * 5, 101),
    ('x' * 7 + '\t' + 'x' * 92, None), ('x' * 8 + '\t' + 'x' * 85, 101), ('\u00e4' * 100, None),
    ('\u00e4' * 101, 101)], ids=range(8))
@pytest.mark.parametrize('path', ['mm/heap.c', 'iso/script', 'Makefile', 'tests/system/test_x.py'])
def test_columns(tmp_path, path, line, columns):
    write(tmp_path, path, 'short', line)
    done = subprocess.run(LINT / 'columns.sh', cwd=tmp_path, capture_output=True, text=True)
    said = f'{path}:2: {columns} columns, at most 100\n' if columns else ''
    assert (done.stdout, done.stderr, done.returncode != 0) == (said, '', bool(columns))


@pytest.mark.parametrize('path', ['docs/x.md', 'build/x.c', 'build-debug/x.c',
                                  'guest/linux/edits/6.1/a.patch', 'tests/fuzz/corpus/pci/1'])
def test_columns_of_others(tmp_path, path):
    """Long lines that are not asked: documents, what make made, Linux's, data."""
    write(tmp_path, path, 'x' * 200)
    write(tmp_path, 'x.c', '')
    assert subprocess.run(LINT / 'columns.sh', cwd=tmp_path).returncode == 0
