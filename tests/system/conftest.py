# SPDX-License-Identifier: GPL-2.0-only
"""
What the system tests share.  Every test boots machines of its own; a test that
takes `build` runs for the release build and for the debug build.

Environment: UMBRA_BUILD and UMBRA_DEBUG_BUILD are their directories (build and
build-debug).
"""

import os
import pathlib
import subprocess

import pytest

import machine as machine_module
from builds import Build
from machine import Machine

ROOT = pathlib.Path(__file__).resolve().parents[2]


BUILDS = {
    'release': Build('release', os.environ.get('UMBRA_BUILD', ROOT / 'build')),
    'debug': Build('debug', os.environ.get('UMBRA_DEBUG_BUILD', ROOT / 'build-debug')),
}


def need_build(name):
    build = BUILDS[name]
    if not build.umbra.exists():
        pytest.fail(f'there is no {build.umbra}; `make` and `make DEBUG=1` build it')
    return build


@pytest.fixture(scope='session', params=list(BUILDS))
def build(request):
    return need_build(request.param)


@pytest.fixture(scope='session')
def release():
    """For tests of what does not differ between the builds."""
    return need_build('release')


@pytest.fixture(scope='session')
def debug():
    return need_build('debug')


def machines(directory):
    """Starts machines, machine(build, modules, ...) as Machine; closes them in the end."""
    started = []

    def start(*arguments, **options):
        started.append(Machine(*arguments, directory=directory, **options))
        return started[-1]
    yield start
    for each in started:
        each.close()


@pytest.fixture
def machine(tmp_path):
    yield from machines(tmp_path)


@pytest.fixture(scope='session')
def session_machine(tmp_path_factory):
    """For a run of which many tests judge a part each."""
    yield from machines(tmp_path_factory.mktemp('session'))


@pytest.fixture
def make_iso(tmp_path):
    """An image with GRUB 2: make_iso(build, words, (name, guest, command line)..., mode)."""
    def make(build, options, *guests, mode=None):
        image = tmp_path / 'umbra.iso'
        command = [ROOT / 'iso/make-iso', '-o', image, '-u', build.umbra, '-w', options]
        command += ['-v', mode] if mode else []
        for name, kernel, words in guests:
            command += ['-g', name, '-k', build.guest(kernel), '-m', '4M', '-a', words]
        subprocess.run(command, check=True, timeout=120)
        return image
    return make


# --- what is run -------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption('--long', action='store_true', help='the tests of `make test-long` alone')


def pytest_configure(config):
    config.addinivalue_line('markers', 'long: takes much time or memory; for `make test-long`')


def pytest_collection_modifyitems(config, items):
    """Either the long ones or the others."""
    wanted = config.getoption('--long')
    others = [item for item in items if (item.get_closest_marker('long') is None) == wanted]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


# --- what is reported ------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    machine_module.started.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    report = (yield).get_result()
    if report.failed and report.when != 'teardown':
        for each in machine_module.started:
            report.sections.append((f'the end of {each.log_file}', each.tail()))


def pytest_terminal_summary(terminalreporter):
    """A guest reports many results to one test: says how many (record_property('checks', n))."""
    checks = sum(value for report in terminalreporter.getreports('passed')
                 for key, value in report.user_properties if key == 'checks')
    if checks:
        terminalreporter.write_line(f'{checks} results reported by test guests')
