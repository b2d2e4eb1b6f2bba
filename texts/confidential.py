"""What the confidential desk says when something cannot be done; the pages' own wording is in their files."""

from collections.abc import Mapping

ERRORS: Mapping[str, str] = {
    "malformed": "内容不完整或不对，没有收下。请刷新网页再试。",
    "cookie": "浏览器带来了别的网站内容，为了不留痕迹，这里不收。请换一个浏览器，或用无痕窗口打开。",
    "signature": "签名对不上，没有办。可能放得太久了，请再试一次。",
    "unknown_login": "登录已过期，请重新登录。",
    "wrong_code": "数字不对，或已经用过。请等下一个6位数字再试。",
    "no_case": "查无此回执，请逐字核对。",
    "no_file": "没有这一页。",
    "method": "没有这一页。",
    "case_exists": "这份内容和已收到的不一样，没有收下。请先查看进度。",
    "not_on_list": "名单上没有这位承办人。请先由上级更新名单。",
    "list_changed": "承办人名单换了新的，请刷新网页再登录。",
    "key_file": "密钥文件或动态码不对，没有收下。请重新登记。",
    "length": "没有说明大小，没有收下。",
    "too_large": "内容太大，没有收下。请分几次，或减少图片。",
    "case_full": "这件反映已放满（8 MB），没有收下。请减少图片。",
    "wrong_size": "加密后的大小不对，没有收下。请刷新网页再试。",
    "stamp": "请稍等，正在做发送前的计算。",
    "closed": "暂不接收：承办人不足两人，或名单已过期。请拨打12388，或寄信。",
    "full": "存放的地方满了，没有收下。请拨打12388，或寄信，也可以过几天再来。",
    "unavailable": "暂时不能接收，没有收下。请过一会儿再试。",
    "busy": "正忙，没有收下。请过一会儿再试，内容还在您这里。",
    "fault": "对不起，这里出了差错，没有办成。请过一会儿再试。",
}
