// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request qXfer: documents in XML, in pieces: the description of the registers, the threads,
 * and as data of the operating system the processes that can be attached to (`info os processes`).
 */
#include "hv/debug/debug_state.h"
#include "hv/gdb/gdb_session.h"
#include "hv/guest/guest_list.h"

/* Escaped, a piece still fits into a packet. */
#define PIECE_MOST (GDB_CONTENT_MAX / 2 - 1)

static char document_data[GDB_DOCUMENT_SIZE];

/* --- registers ---------------------------------------------------------------------------- */

static const char target_head[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
	"<architecture>i386</architecture>";

static const char core_head[] =
	"<feature name=\"org.gnu.gdb.i386.core\"><flags id=\"i386_eflags\" size=\"4\">"
	"<field name=\"\" start=\"22\" end=\"31\"/><field name=\"ID\" start=\"21\" end=\"21\"/>"
	"<field name=\"AC\" start=\"18\" end=\"18\"/><field name=\"VM\" start=\"17\" end=\"17\"/>"
	"<field name=\"RF\" start=\"16\" end=\"16\"/><field name=\"NT\" start=\"14\" end=\"14\"/>"
	"<field name=\"OF\" start=\"11\" end=\"11\"/><field name=\"DF\" start=\"10\" end=\"10\"/>"
	"<field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"TF\" start=\"8\" end=\"8\"/>"
	"<field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"ZF\" start=\"6\" end=\"6\"/>"
	"<field name=\"AF\" start=\"4\" end=\"4\"/><field name=\"PF\" start=\"2\" end=\"2\"/>"
	"<field name=\"CF\" start=\"0\" end=\"0\"/></flags>";

static const char sse_head[] =
	"<feature name=\"org.gnu.gdb.i386.sse\"><vector id=\"v4f\" type=\"ieee_single\" "
	"count=\"4\"/><vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
	"<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
	"<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
	"<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
	"<vector id=\"v2i64\" type=\"int64\" count=\"2\"/><union id=\"vec128\">"
	"<field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
	"<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
	"<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
	"<field name=\"uint128\" type=\"uint128\"/></union>";

static const char system_head[] = "<feature name=\"org.umbra.system\">";

static void put_registers(const char *head, unsigned first, unsigned end)
{
	gdb_put_text(&gdb.document, head);
	for (unsigned number = first; number < end; number++) {
		const struct debug_register *each = debug_register(number);

		gdb_put_format(&gdb.document, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>",
			       each->name, each->size * 8, each->type);
	}
	gdb_put_text(&gdb.document, "</feature>");
}

static void make_target(void)
{
	gdb_put_text(&gdb.document, target_head);
	put_registers(core_head, 0, DEBUG_FIRST_SSE);
	put_registers(sse_head, DEBUG_FIRST_SSE, DEBUG_FIRST_SYSTEM);
	put_registers(system_head, DEBUG_FIRST_SYSTEM, DEBUG_REGISTER_COUNT);
	gdb_put_text(&gdb.document, "</target>");
}

/* --- threads and processes ----------------------------------------------------------------- */

static void make_threads(void)
{
	gdb_put_text(&gdb.document, "<?xml version=\"1.0\"?><threads>");
	for (uint32_t process = 1; process <= DEBUG_GUESTS; process++)
		if (gdb_guest_of(process)->is_attached && !gdb.has_panicked)
			gdb_put_format(&gdb.document, "<thread id=\"p%x.1\" name=\"%s\"/>",
				       process, gdb_guest_of(process)->name);
	for (unsigned i = 1; gdb.umbra_attached && i <= gdb_umbra_threads(); i++)
		gdb_put_format(&gdb.document, "<thread id=\"p%x.%x\" name=\"umbra cpu%u\"/>",
			       GDB_UMBRA, i, i - 1);
	gdb_put_text(&gdb.document, "</threads>");
}

static void put_process(unsigned number, const char *user, const char *name)
{
	gdb_put_format(&gdb.document, "<item><column name=\"pid\">%u</column>"
		       "<column name=\"user\">%s</column><column name=\"command\">%s</column>"
		       "</item>", number, user, name);
}

/* Those that can be attached to; all of them have room. */
static void put_guest(struct guest *guest, void *context)
{
	(void)context;
	if (guest->number <= DEBUG_GUESTS)
		put_process(guest->number, "guest", guest->name);
}

static void make_processes(void)
{
	gdb_put_text(&gdb.document, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"osdata.dtd\">"
		     "<osdata type=\"processes\">");
	if (!gdb.has_panicked)
		guest_list_visit(put_guest, NULL);
	put_process(GDB_UMBRA, "umbra", "umbra");
	gdb_put_text(&gdb.document, "</osdata>");
}

static void make_types(void)
{
	gdb_put_text(&gdb.document, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"osdata.dtd\">"
		     "<osdata type=\"types\"><item><column name=\"Type\">processes</column>"
		     "<column name=\"Description\">Guests, and Umbra</column>"
		     "<column name=\"Title\">Processes</column></item></osdata>");
}

/* --- the request ---------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*make)(void);
} documents[] = {
	{ "features:read:target.xml:", make_target },
	{ "threads:read::", make_threads },
	{ "osdata:read:processes:", make_processes },
	{ "osdata:read::", make_types },
};

/* It is made when its beginning is asked for, so its pieces fit together. */
static void put_piece(void (*make)(void))
{
	uint32_t offset, length, count;

	if (!gdb_take_hex(&gdb.request, &offset) || !gdb_take(&gdb.request, ',') ||
	    !gdb_take_hex(&gdb.request, &length)) {
		gdb_reply_error(GDB_E_REQUEST);
		return;
	}
	if (offset == 0) {
		gdb.document = (struct gdb_text){ document_data, sizeof(document_data), 0, false };
		make();
	}
	offset = MIN(offset, gdb.document.length);
	count = MIN(MIN(length, PIECE_MOST), gdb.document.length - offset);
	gdb_put_text(&gdb.reply, offset + count == gdb.document.length ? "l" : "m");
	gdb_put(&gdb.reply, gdb.document.data + offset, count);
}

void gdb_request_document(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(documents); i++) {
		if (!gdb_take_text(&gdb.request, documents[i].name))
			continue;
		put_piece(documents[i].make);
		return;
	}
}
