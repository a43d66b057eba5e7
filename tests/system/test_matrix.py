# SPDX-License-Identifier: GPL-2.0-only
"""
The attacks in groups side by side, in all ways that Umbra runs guests: with PAE and
without, on one CPU and on four, in both builds, with NMIs from outside and without.
`make test` covers each pair of these and each of them with each group; `make
test-long` runs the product.
"""

import itertools

import pytest

from attacks import FILES, check_witnesses, groups, judge, results, start, wait_group, words_of

LIMIT = 300             # seconds for all of a group
GROUPS = list(groups())
# Build, PAE, CPUs, NMIs: the first half, and for each of them its opposite.
HALF = list(itertools.product(['release'], [False, True], [1, 4], [False, True]))


def opposite(way):
    build, pae, cpus, nmis = way
    return 'debug' if build == 'release' else 'release', not pae, 5 - cpus, not nmis


def covering():
    """Each group in a way and its opposite; eight groups in a row have all sixteen ways."""
    for number, group in enumerate(GROUPS):
        way = HALF[number % len(HALF)]
        yield group, way
        yield group, opposite(way)


def others():
    covered = list(covering())
    ways = HALF + [opposite(way) for way in HALF]
    return [case for case in itertools.product(GROUPS, ways) if case not in covered]


def name_of(case):
    (guest, _, part), (build, pae, cpus, nmis) = case
    return '-'.join([guest, str(part), build, 'pae' if pae else 'no_pae', f'{cpus}cpus',
                     'nmis' if nmis else 'no_nmis'])


def run(machine, builds, case, module_words=''):
    (guest, names, _), (build_name, pae, cpus, nmis) = case
    build = builds[build_name]
    words = [words_of(build, name) + (' pae' if pae else '') for name in names]
    m = start(machine, build, *words, guest=guest, module_words=module_words,
              extra=['-smp', str(cpus)])
    meanwhile = (lambda: m.ask('inject-nmi')) if nmis else (lambda: None)
    ends = wait_group(m, names, meanwhile, LIMIT)
    wrong = [judge(name, end, results(m, number))
             for number, (name, end) in enumerate(zip(names, ends), 1)]
    assert not any(wrong), list(filter(None, wrong))
    assert bool(m.events('nmi')) == nmis
    check_witnesses(m)


@pytest.mark.parametrize('case', covering(), ids=name_of)
def test_pairs(machine, release, debug, case):
    run(machine, {'release': release, 'debug': debug}, case)


@pytest.mark.parametrize('pae', [False, True])
@pytest.mark.parametrize('file', ['tables', 'stack', 'alias'])
def test_small_shadow(machine, debug, file, pae):
    """With as little for shadow tables as there can be, what is in use is evicted all the time."""
    group = 'hostile', FILES['hostile'][file], 0
    run(machine, {'debug': debug}, (group, ('debug', pae, 1, True)), 'shadow=256K')


@pytest.mark.long
@pytest.mark.parametrize('case', others(), ids=name_of)
def test_all(machine, release, debug, case):
    run(machine, {'release': release, 'debug': debug}, case)
