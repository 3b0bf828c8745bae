#include "label_layout.h"

#define GAP 3.0

gboolean box_overlaps(const Box *a, const Box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

static gboolean is_inside(const Box *inner, const Box *outer)
{
    return inner->x >= outer->x && inner->y >= outer->y &&
           inner->x + inner->width <= outer->x + outer->width &&
           inner->y + inner->height <= outer->y + outer->height;
}

static Box around(const Label *label)
{
    return (Box){label->x - label->radius, label->y - label->radius, 2.0 * label->radius,
                 2.0 * label->radius};
}

/* Right, left, above and below, then the corners. */
static Box place_of(const Label *label, guint place)
{
    static const double directions[][2] = {{1, 0},  {-1, 0},  {0, -1}, {0, 1},
                                           {1, -1}, {-1, -1}, {1, 1},  {-1, 1}};
    double reach = label->radius + GAP;
    double dx = directions[place][0], dy = directions[place][1];
    if (dx != 0 && dy != 0)
        reach *= 0.7;
    return (Box){label->x + dx * reach + (dx - 1.0) / 2.0 * label->width,
                 label->y + dy * reach + (dy - 1.0) / 2.0 * label->height, label->width,
                 label->height};
}

static gboolean is_free(const Box *box, const Label *labels, guint before, const Box *bounds)
{
    if (!is_inside(box, bounds))
        return FALSE;
    for (guint i = 0; i < before; i++) {
        Box marker = around(&labels[i]);
        if (labels[i].placed && (box_overlaps(box, &labels[i].box) || box_overlaps(box, &marker)))
            return FALSE;
    }
    return TRUE;
}

static guint count_covered(const Box *box, const double *points, guint count)
{
    guint covered = 0;
    for (gsize i = 0; i < count; i++) {
        double x = points[2 * i], y = points[2 * i + 1];
        covered += x > box->x - GAP && x < box->x + box->width + GAP && y > box->y - GAP &&
                   y < box->y + box->height + GAP;
    }
    return covered;
}

void label_layout(Label *labels, guint label_count, guint most, const double *points, guint count,
                  guint tolerated, const Box *bounds)
{
    guint placed = 0;
    for (guint i = 0; i < label_count; i++) {
        guint least = tolerated + 1;
        labels[i].placed = FALSE;
        for (guint place = 0; place < 8 && placed < most; place++) {
            Box box = place_of(&labels[i], place);
            guint covered = count_covered(&box, points, count);
            if (covered >= least || !is_free(&box, labels, i, bounds))
                continue;
            least = covered;
            labels[i].box = box;
            labels[i].placed = TRUE;
        }
        placed += labels[i].placed;
    }
}
